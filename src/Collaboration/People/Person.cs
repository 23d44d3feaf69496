namespace HealthTeams.Collaboration.People;

/// <summary>Related: somebody who comes with a patient (FHIR RelatedPerson). Never the patient, however alike their identifiers are.</summary>
public enum PersonKind { Staff, Patient, Related }

/// <summary>A business identifier that travels between systems: MRN, staff number, appointment number.</summary>
/// <param name="Type">Of http://terminology.hl7.org/CodeSystem/v2-0203, when the source says it: "MR" is a medical record number.</param>
public sealed record Identifier(string System, string Value, string? Type = null);

/// <summary>
/// A person as a source describes them. <paramref name="Source"/> is the EHR registration, or Guid.Empty for our own FHIR API;
/// <paramref name="Reference"/> is the FHIR reference there ("Patient/12").
/// </summary>
public sealed record PersonSaid(
    PersonKind Kind, Guid Source, string? Reference, IReadOnlyList<Identifier> Identifiers,
    string? Family, string? Given, string? Title, string? Gender, DateOnly? BirthDate, string? Role = null);

/// <summary>A person we know.</summary>
public record Person
{
    public Guid Id { get; init; }
    public PersonKind Kind { get; init; }
    public string? Family { get; init; }
    public string? Given { get; init; }
    public string? Title { get; init; }
    public string? Gender { get; init; }
    public DateOnly? BirthDate { get; init; }

    /// <summary>As a source now says; what it leaves out stays.</summary>
    public Person As(PersonSaid said) => this with
    {
        Family = said.Family ?? Family, Given = said.Given ?? Given, Title = said.Title ?? Title, Gender = said.Gender ?? Gender, BirthDate = said.BirthDate ?? BirthDate,
    };

    /// <summary>"BARLOW, Ada" for patients, "Dr Marie Curie" for staff; "unknown" when nobody said.</summary>
    public string Display => Kind == PersonKind.Patient ? PatientName : StaffName;

    private string PatientName => (Family, Given) switch
    {
        (null, null) => "unknown",
        (null, _) => Given!,
        (_, null) => Family.ToUpperInvariant(),
        _ => $"{Family.ToUpperInvariant()}, {Given}",
    };

    private string StaffName => string.Join(' ', new[] { Title, Given, Family }.Where(s => !string.IsNullOrWhiteSpace(s))) is { Length: > 0 } name ? name : "unknown";
}
