namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>Which of the scopes a client asks for it gets: pure. Understood, registered for it, and of a level the flow allows.</summary>
public static class ScopeRules
{
    public const string FhirUser = "fhirUser", Online = "online_access", Offline = "offline_access";
    public const string Launch = "launch", LaunchPatient = "launch/patient", LaunchEncounter = "launch/encounter";

    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal) { "openid", FhirUser, "profile", Offline, Online, Launch, LaunchPatient, LaunchEncounter };

    /// <summary>What a client with users may be registered for, and gets when nothing is said; its users still choose.</summary>
    public const string UserScope = "openid fhirUser profile launch launch/patient launch/encounter offline_access online_access patient/*.cruds user/*.cruds";

    /// <param name="registered">Scopes the client was registered with, space-separated.</param>
    public static IReadOnlyList<string> Grant(IEnumerable<string> asked, string registered, params ScopeLevel[] levels)
    {
        var names = Names(registered);
        var allowed = names.Select(n => SmartScope.TryParse(n, out var s) ? s : null).OfType<SmartScope>().ToList();
        return [.. asked.Distinct().Where(name => Plain.Contains(name)
            ? !levels.Contains(ScopeLevel.System) && names.Contains(name)
            : SmartScope.TryParse(name, out var scope) && levels.Contains(scope.Level) && allowed.Any(a => a.Covers(scope)))];
    }

    /// <summary>The first that nobody could grant, or null: a registration says at once what is wrong.</summary>
    public static string? NotUnderstood(string scopes) => Names(scopes).FirstOrDefault(n => !Plain.Contains(n) && !SmartScope.TryParse(n, out _));

    /// <summary>
    /// What remains when it is known whether the launch is about a patient: patient/ scopes mean that patient or nothing,
    /// and a context that was not given is not claimed.
    /// </summary>
    public static IReadOnlyList<string> InContext(IReadOnlyList<string> granted, bool launched, string? patient, string? encounter) =>
        [.. granted.Where(name => name switch
        {
            Launch => launched,
            LaunchPatient => patient is not null,
            LaunchEncounter => encounter is not null,
            _ => patient is not null || !(SmartScope.TryParse(name, out var s) && s.Level == ScopeLevel.Patient),
        })];

    /// <summary>
    /// Narrower forms of a scope that a user may prefer to the whole type (the categories of US Core, as SMART's granular
    /// scopes name them).
    /// </summary>
    public static IReadOnlyList<string> Narrower(string name)
    {
        if (!SmartScope.TryParse(name, out var scope) || scope.Filter is not null) return [];
        return scope.Type switch
        {
            "Condition" => Of("http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis",
                "http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item", "http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern"),
            "Observation" => Of([.. new[] { "vital-signs", "laboratory", "social-history", "survey" }.Select(c => $"http://terminology.hl7.org/CodeSystem/observation-category|{c}"),
                "http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh"]),
            _ => [],
        };

        string[] Of(params string[] categories) => [.. categories.Select(c => (scope with { Filter = $"category={c}" }).ToString())];
    }

    public static string[] Names(string scopes) => scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
