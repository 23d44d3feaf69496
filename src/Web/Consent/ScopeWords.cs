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

    public static string Say(Words w, string scope) => SmartScope.TryParse(scope, out var parsed)
        ? w["{0}: {1}", Verbs(w, parsed.Interactions), Things(w, parsed)]
        : scope switch
        {
            "openid" => w["Confirm that it is you"],
            "fhirUser" => w["Read your own staff record"],
            "profile" => w["Know your name"],
            "offline_access" => w["Keep access after you have left: until it is taken back, or not used for 30 days"],
            "online_access" => w["Keep access while you are signed in"],
            _ => scope,
        };

    public static bool Changes(string scope) => SmartScope.TryParse(scope, out var s) && s.Interactions.Any(i => i is 'c' or 'u' or 'd');

    private static string Verbs(Words w, string interactions)
    {
        var verbs = new List<string>();
        if (interactions.Any(i => i is 'r' or 's')) verbs.Add(w["See"]);
        if (interactions.Contains('c', StringComparison.Ordinal)) verbs.Add(w["Add"]);
        if (interactions.Contains('u', StringComparison.Ordinal)) verbs.Add(w["Change"]);
        if (interactions.Contains('d', StringComparison.Ordinal)) verbs.Add(w["Delete"]);
        return string.Join(", ", verbs);
    }

    /// <summary>The types clinicians have a word for; of the others the name, which is better than a wrong word.</summary>
    private static string Things(Words w, SmartScope scope) => scope.Filter is { } filter ? w["{0}, only {1}", Type(w, scope.Type), Part(w, filter)] : Type(w, scope.Type);

    private static string Type(Words w, string type) => type switch
    {
        "*" => w["the whole record"],
        "Patient" => w["name, birth date, contacts"],
        "Observation" => w["measurements and results"],
        "Condition" => w["problems and diagnoses"],
        "MedicationRequest" => w["prescriptions"],
        "AllergyIntolerance" => w["allergies"],
        "Appointment" => w["appointments"],
        "Encounter" => w["encounters"],
        "Practitioner" or "PractitionerRole" => w["clinicians"],
        "Communication" => w["messages of the record"],
        "DocumentReference" => w["documents"],
        "DiagnosticReport" => w["reports"],
        "Immunization" => w["immunisations"],
        "Procedure" => w["procedures"],
        "CarePlan" => w["care plans"],
        _ => type,
    };

    public static string Part(Words w, string filter) => filter[(filter.LastIndexOfAny(['|', '=']) + 1)..] switch
    {
        "vital-signs" => w["vital signs"],
        "laboratory" => w["laboratory results"],
        "social-history" => w["social history"],
        "survey" => w["surveys"],
        "sdoh" => w["social needs"],
        "encounter-diagnosis" => w["encounter diagnoses"],
        "problem-list-item" => w["the problem list"],
        "health-concern" => w["health concerns"],
        _ => filter,
    };

    /// <summary>Narrower forms, with their words.</summary>
    public static IReadOnlyList<(string Scope, string Words)> Narrower(Words w, string scope) =>
        [.. ScopeRules.Narrower(scope).Select(s => (s, SmartScope.TryParse(s, out var parsed) ? Part(w, parsed.Filter!) : s))];
}
