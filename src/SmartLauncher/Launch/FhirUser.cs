using System.Text.RegularExpressions;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>Who launched, as the EHR names its user (SMART-A19).</summary>
public sealed partial record FhirUser(string Type, string Id)
{
    public string Reference => $"{Type}/{Id}";

    public PersonKind Kind => Type switch
    {
        "Practitioner" or "PractitionerRole" => PersonKind.Staff,
        "Patient" => PersonKind.Patient,
        _ => PersonKind.Related,
    };

    /// <summary>Practitioners host; a patient sits in the patient's place of their own record only, else as a guest (SMART-A21).</summary>
    public SeatRole RoleFor(string? contextPatient) => Type switch
    {
        "Practitioner" or "PractitionerRole" => SeatRole.Host,
        "Patient" when contextPatient is null || contextPatient == Id => SeatRole.Patient,
        _ => SeatRole.Guest,
    };

    /// <param name="claim">Relative, or absolute under <paramref name="fhirBase"/>; another server's user is nobody here.</param>
    /// <param name="fhirBase">Without trailing slash.</param>
    public static FhirUser? Parse(string claim, string fhirBase)
    {
        if (claim.StartsWith(fhirBase + "/", StringComparison.Ordinal)) claim = claim[(fhirBase.Length + 1)..];
        var match = Reference_().Match(claim);
        return match.Success ? new FhirUser(match.Groups[1].Value, match.Groups[2].Value) : null;
    }

    [GeneratedRegex(@"^(Patient|Practitioner|PractitionerRole|RelatedPerson|Person)/([A-Za-z0-9\-.]{1,64})\z")]
    private static partial Regex Reference_();
}
