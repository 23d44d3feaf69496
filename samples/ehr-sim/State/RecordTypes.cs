using System.Collections.Frozen;

namespace EhrSim;

internal static class RecordTypes
{
    private static readonly FrozenDictionary<string, string> Prefixes = new Dictionary<string, string>
    {
        ["Appointment"] = "apt", ["AppointmentResponse"] = "apr", ["AuditEvent"] = "aud", ["Binary"] = "bin",
        ["CareTeam"] = "cte", ["Communication"] = "com", ["CommunicationRequest"] = "cor", ["Condition"] = "con",
        ["Consent"] = "cns", ["DocumentReference"] = "doc", ["Encounter"] = "enc", ["Flag"] = "flg",
        ["Group"] = "grp", ["HealthcareService"] = "hcs", ["Location"] = "loc", ["Observation"] = "obs",
        ["Organization"] = "org", ["Patient"] = "pat", ["Practitioner"] = "prc", ["PractitionerRole"] = "prr",
        ["Provenance"] = "prv", ["Questionnaire"] = "qst", ["QuestionnaireResponse"] = "qrs", ["RelatedPerson"] = "rel",
        ["Schedule"] = "sch", ["ServiceRequest"] = "srq", ["Slot"] = "slt", ["Task"] = "tsk",
    }.ToFrozenDictionary();

    public static IEnumerable<string> All => Prefixes.Keys.Order(StringComparer.Ordinal);
    public static bool IsKnown(string type) => Prefixes.ContainsKey(type);
    public static string Prefix(string type) => Prefixes[type];

    public static bool IsCounted(string type) =>
        type is "Patient" or "Practitioner" or "PractitionerRole" or "Organization" or "Location";

    /// <summary>The hospital's own directory belongs to no patient: whoever is signed in may read it.</summary>
    public static bool IsDirectory(string type) => IsCounted(type) && type != "Patient"
        || type is "HealthcareService" or "Schedule" or "Slot" or "Questionnaire";
}
