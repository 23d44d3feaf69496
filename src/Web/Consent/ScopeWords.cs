using HealthTeams.SmartLauncher.Tokens;

namespace HealthTeams.Web.Consent;

/// <summary>Where a scope stands on the consent page.</summary>
public enum ScopeGroup { OfPatient, OfAll, OfUser, HowLong, Context }

/// <summary>A SMART scope in words: what the app may see or change, of whom, how long.</summary>
public static class ScopeWords
{
    public static ScopeGroup Group(string scope) => SmartScope.TryParse(scope, out var parsed)
        ? parsed.Level == ScopeLevel.Patient ? ScopeGroup.OfPatient : ScopeGroup.OfAll
        : scope switch
        {
            "launch" or "launch/patient" or "launch/encounter" => ScopeGroup.Context,
            "offline_access" or "online_access" => ScopeGroup.HowLong,
            _ => ScopeGroup.OfUser,
        };

    public static string Say(Words words, string scope) => SmartScope.TryParse(scope, out var parsed)
        ? words["{0}: {1}", Verbs(words, parsed.Interactions), Things(words, parsed)]
        : scope switch
        {
            "openid" => words["Confirm that it is you"],
            "fhirUser" => words["Read your own staff record"],
            "profile" => words["Know your name"],
            "offline_access" => words["Keep access after you have left: until it is taken back, or not used for 30 days"],
            "online_access" => words["Keep access while you are signed in"],
            _ => scope,
        };

    public static bool Changes(string scope) => SmartScope.TryParse(scope, out var s) && s.Interactions.Any(i => i is 'c' or 'u' or 'd');

    private static string Verbs(Words words, string interactions)
    {
        var verbs = new List<string>();
        if (interactions.Any(i => i is 'r' or 's')) verbs.Add(words["See"]);
        if (interactions.Contains('c', StringComparison.Ordinal)) verbs.Add(words["Add"]);
        if (interactions.Contains('u', StringComparison.Ordinal)) verbs.Add(words["Change"]);
        if (interactions.Contains('d', StringComparison.Ordinal)) verbs.Add(words["Delete"]);
        return string.Join(", ", verbs);
    }

    /// <summary>The types clinicians have a word for; of the others the name, which is better than a wrong word.</summary>
    private static string Things(Words words, SmartScope scope) => scope.Filter is { } filter ? words["{0}, only {1}", Type(words, scope.Type), Part(words, filter)] : Type(words, scope.Type);

    private static string Type(Words words, string type) => type switch
    {
        "*" => words["the whole record"],
        "Patient" => words["name, birth date, contacts"],
        "Observation" => words["measurements and results"],
        "Condition" => words["problems and diagnoses"],
        "MedicationRequest" => words["prescriptions"],
        "AllergyIntolerance" => words["allergies"],
        "Appointment" => words["appointments"],
        "Encounter" => words["encounters"],
        "Practitioner" or "PractitionerRole" => words["clinicians"],
        "Communication" => words["messages of the record"],
        "DocumentReference" => words["documents"],
        "DiagnosticReport" => words["reports"],
        "Immunization" => words["immunisations"],
        "Procedure" => words["procedures"],
        "CarePlan" => words["care plans"],
        _ => type,
    };

    public static string Part(Words words, string filter) => filter[(filter.LastIndexOfAny(['|', '=']) + 1)..] switch
    {
        "vital-signs" => words["vital signs"],
        "laboratory" => words["laboratory results"],
        "social-history" => words["social history"],
        "survey" => words["surveys"],
        "sdoh" => words["social needs"],
        "encounter-diagnosis" => words["encounter diagnoses"],
        "problem-list-item" => words["the problem list"],
        "health-concern" => words["health concerns"],
        _ => filter,
    };

    /// <summary>Narrower forms, with their words.</summary>
    public static IReadOnlyList<(string Scope, string Words)> Narrower(Words words, string scope) =>
        [.. ScopeRules.Narrower(scope).Select(s => (s, SmartScope.TryParse(s, out var parsed) ? Part(words, parsed.Filter!) : s))];
}
