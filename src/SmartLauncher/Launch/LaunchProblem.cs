namespace HealthTeams.SmartLauncher.Launch;

/// <summary>
/// Why a launch failed. The code is all that the browser learns (/launch/error?code=…&amp;ref=…), with the reference under
/// which the log holds the details (SMART-A24). Codes are stable: guides and support quote them.
/// </summary>
public static class LaunchProblem
{
    /// <summary>The launch address lacks its iss, has it twice, or has one that cannot be an EHR's address.</summary>
    public const string IssInvalid = "iss-invalid";

    /// <summary>The EHR is not registered here; nothing was fetched from it.</summary>
    public const string IssUnknown = "iss-unknown";

    /// <summary>The EHR's discovery is missing, unusable or without PKCE S256.</summary>
    public const string DiscoveryFailed = "discovery-failed";

    /// <summary>The EHR does not answer, or not in time.</summary>
    public const string EhrUnreachable = "ehr-unreachable";

    /// <summary>Too many launches at once from one network address.</summary>
    public const string TooMany = "too-many-launches";

    /// <summary>The answer belongs to no launch of ours.</summary>
    public const string StateUnknown = "state-unknown";

    /// <summary>The answer was used before.</summary>
    public const string StateUsed = "state-used";

    /// <summary>The launch took longer than ten minutes.</summary>
    public const string Expired = "launch-expired";

    /// <summary>Another browser started this launch, or this one keeps no cookies.</summary>
    public const string OtherBrowser = "other-browser";

    /// <summary>The browser kept no cookie of ours in the EHR's frame.</summary>
    public const string CookiesBlocked = "cookies-blocked";

    /// <summary>The user or the EHR said no.</summary>
    public const string AccessDenied = "access-denied";

    /// <summary>The EHR's authorization server answered with another error.</summary>
    public const string EhrRefused = "ehr-refused";

    /// <summary>The EHR refused to give tokens.</summary>
    public const string TokenRefused = "token-refused";

    /// <summary>The id_token is missing, forged, expired or not for us.</summary>
    public const string IdTokenInvalid = "id-token-invalid";

    /// <summary>The EHR does not say who its user is, in a way we can use.</summary>
    public const string UserUnknown = "user-unknown";

    /// <summary>The launch context holds something that is not a FHIR id.</summary>
    public const string ContextInvalid = "context-invalid";

    /// <summary>The launch names neither patient nor encounter nor appointment (shown on the no-visit page).</summary>
    public const string NoPatient = "no-patient";

    /// <summary>The context leads to no visit (shown on the no-visit page).</summary>
    public const string NoVisit = "no-visit";

    /// <summary>The EHR refused to show the appointment or the patient.</summary>
    public const string ChartUnreadable = "chart-unreadable";

    /// <summary>The EHR ended its user's session before the launch was done.</summary>
    public const string SessionOver = "ehr-session-over";

    /// <summary>The visit is over.</summary>
    public const string VisitOver = "visit-over";

    /// <summary>The choice of visits is gone: chosen before, too late, or another browser's.</summary>
    public const string ChoiceUnknown = "choice-unknown";

    /// <summary>Another session of the same kind may be open, or a rule of visits forbids this one.</summary>
    public const string SeatRefused = "seat-refused";

    public static IReadOnlyList<string> All { get; } =
    [
        IssInvalid, IssUnknown, DiscoveryFailed, EhrUnreachable, TooMany, StateUnknown, StateUsed, Expired, OtherBrowser, CookiesBlocked, AccessDenied,
        EhrRefused, TokenRefused, IdTokenInvalid, UserUnknown, ContextInvalid, NoPatient, NoVisit, ChartUnreadable, SessionOver, VisitOver, ChoiceUnknown, SeatRefused,
    ];

    internal static Problem Of(string code, string detail) => new(400, code, detail);

    /// <summary>A problem from elsewhere in the words of this list.</summary>
    internal static Problem Named(Problem problem, string otherwise) => problem with
    {
        Code = problem.Code switch
        {
            "host-unreachable" or "host-slow" or "host-not-registered" => EhrUnreachable,
            "ehr-answered" when otherwise == DiscoveryFailed => DiscoveryFailed,
            "context-mismatch" => ContextInvalid,
            _ => All.Contains(problem.Code) ? problem.Code : otherwise,
        },
    };
}
