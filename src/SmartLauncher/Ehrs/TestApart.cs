using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>
/// What comes from a test EHR never meets production (EHR-10): its visits and people are known by that EHR's own ids alone, and
/// their identifiers count among themselves only. Test systems are filled with copies of real records; a shared number would
/// otherwise make one person, or one visit, of both. Pure.
/// </summary>
internal static class TestApart
{
    public static VisitBooking Of(Ehr ehr, VisitBooking booking) => !ehr.ForTests ? booking : booking with
    {
        Identifiers = [],
        Patient = booking.Patient is { } patient ? Of(ehr, patient) : null,
        Clinicians = [.. booking.Clinicians.Select(c => Of(ehr, c))],
    };

    public static PersonSaid Of(Ehr ehr, PersonSaid person) => !ehr.ForTests ? person : person with
    {
        Identifiers = [.. person.Identifiers.Select(i => i with { System = $"urn:healthteams:test:{ehr.Id}|{i.System}" })],
    };

    /// <summary>Some vendors sign for both environments with one issuer.</summary>
    public static string Issuer(Ehr ehr, string issuer) => ehr.ForTests ? $"urn:healthteams:test:{ehr.Id}|{issuer}" : issuer;
}
