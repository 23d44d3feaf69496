namespace HealthTeams.SmartLauncher.Launch;

/// <summary>What a launch asks for: enough to find the visit and to know who came, no more (SMART-A14, A15).</summary>
public static class LaunchScopes
{
    private static readonly string[] Read =
    [
        "patient/Patient", "patient/Encounter", "patient/Appointment",
        // The clinician of the appointment, and the user who launches.
        "user/Practitioner", "user/PractitionerRole", "user/RelatedPerson",
    ];

    private static readonly string[] Write = ["user/Appointment", "user/Encounter"];

    /// <param name="capabilities">As discovery lists them; empty where it lists none.</param>
    public static string Ask(bool v2, bool fromEhr, bool writeBack, IReadOnlySet<string>? capabilities = null) => string.Join(' ',
    [
        "openid", "fhirUser",
        .. fromEhr ? ["launch"] : (string[])["launch/patient", "launch/encounter"],
        .. Lasting(writeBack, capabilities ?? new HashSet<string>()),
        .. Read.Select(r => r + (v2 ? ".rs" : ".read")),
        .. writeBack ? Write.Select(w => w + (v2 ? ".u" : ".write")) : [],
    ]);

    /// <summary>
    /// For as long as the user's EHR session lasts; beyond it only where the end of the visit is written with this token,
    /// which may be after the user left (SMART-A23). What the EHR does not offer is not asked.
    /// </summary>
    private static string[] Lasting(bool writeBack, IReadOnlySet<string> capabilities) =>
        writeBack && capabilities.Contains("permission-offline") ? ["offline_access"]
        : capabilities.Count == 0 || capabilities.Contains("permission-online") ? ["online_access"]
        : [];

    /// <summary>Whether these granted scopes let a type be read, on any level (SMART-A14). Scopes of no known form forbid nothing: the EHR will say.</summary>
    public static bool MayRead(string scope, string type)
    {
        var granted = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => SmartScope.TryParse(s, out var parsed) ? parsed : null).OfType<SmartScope>().ToList();
        return granted.Count == 0 || granted.Exists(s => s.Allows(type, 'r'));
    }

    public static string Backend(bool v2) => v2
        ? "system/Appointment.rus system/Encounter.rus"
        : "system/Appointment.read system/Appointment.write system/Encounter.read system/Encounter.write";

    /// <summary>Whether tokens with these scopes may write a visit's status back.</summary>
    public static bool MayWrite(string scope) => scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(s =>
        SmartScope.TryParse(s, out var parsed) && (parsed.Allows("Appointment", 'u') || parsed.Allows("Encounter", 'u')));
}
