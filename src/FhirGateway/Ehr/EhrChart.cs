using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>What a launch brought: ids of that EHR, already checked to be FHIR ids.</summary>
public sealed record LaunchContext(string? Patient, string? Encounter, IReadOnlyList<string> Appointments);

/// <summary>Reads from an EHR, with the launch's own token, what a launch means.</summary>
public sealed class EhrChart(OutboundHttp http)
{
    private readonly OutboundHttp http = http;

    /// <summary>Candidates for the visit (none, one or several), each with patient and clinicians; nothing is stored.</summary>
    public Task<Outcome<IReadOnlyList<VisitBooking>>> Visits(EhrConnection ehr, LaunchContext context, CancellationToken stop) => throw new NotSupportedException();

    /// <summary>Reads the launching user (fhirUser) or a patient: name, identifiers. <paramref name="reference"/> e.g. "Practitioner/12".</summary>
    public Task<Outcome<PersonSaid>> Person(EhrConnection ehr, string reference, CancellationToken stop) => throw new NotSupportedException();
}
