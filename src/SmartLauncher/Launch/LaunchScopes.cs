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

    public static string Ask(bool v2, bool fromEhr, bool writeBack) => string.Join(' ',
    [
        "openid", "fhirUser",
        .. fromEhr ? ["launch"] : (string[])["launch/patient", "launch/encounter"],
        // For as long as the user's EHR session lasts (SMART-A23).
        "online_access",
        .. Read.Select(r => r + (v2 ? ".rs" : ".read")),
        .. writeBack ? Write.Select(w => w + (v2 ? ".u" : ".write")) : [],
    ]);

    public static string Backend(bool v2) => v2
        ? "system/Appointment.rus system/Encounter.rus"
        : "system/Appointment.read system/Appointment.write system/Encounter.read system/Encounter.write";

    /// <summary>Whether tokens with these scopes may write a visit's status back.</summary>
    public static bool MayWrite(string scope) => scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(s =>
        SmartScope.TryParse(s, out var parsed) && (parsed.Allows("Appointment", 'u') || parsed.Allows("Encounter", 'u')));
}
