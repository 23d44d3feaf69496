using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Encounters;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>What a launch brought: ids of that EHR, already checked to be FHIR ids.</summary>
public sealed record LaunchContext(string? Patient, string? Encounter, IReadOnlyList<string> Appointments)
{
    /// <summary>Whether the granted scopes let this type be read: what is not granted is not asked (SMART-A14).</summary>
    public Func<string, bool> MayRead { get; init; } = _ => true;
}

/// <summary>A visit that a launch may mean.</summary>
/// <param name="Places">Ids of the Locations that the appointment names.</param>
public sealed record LaunchCandidate(VisitBooking Booking, IReadOnlyList<string> Places);

/// <summary>What a launch may mean; <paramref name="Withheld"/>: it names something that its token may not read.</summary>
public sealed record LaunchCandidates(IReadOnlyList<LaunchCandidate> Visits, bool Withheld);

/// <summary>Reads from an EHR, with the launch's own token, which visits a launch may mean (decision record 0002).</summary>
public sealed class EhrChart(OutboundHttp http, TimeProvider clock)
{
    /// <summary>How far from now a patient's appointment may start to be meant by a launch that names none.</summary>
    public static readonly TimeSpan Around = TimeSpan.FromHours(12);

    /// <summary>
    /// Candidates: the appointments the launch names, else the encounter's, else the encounter itself, else the patient's own
    /// appointments around now. None, one or several; nothing is stored.
    /// </summary>
    public async Task<Outcome<LaunchCandidates>> Visits(EhrConnection ehr, LaunchContext context, CancellationToken stop)
    {
        var client = new EhrClient(http, ehr);
        var reader = new Reader(client, context, stop);
        JsonElement? encounter = null;
        if (context.Encounter is { } encounterId)
        {
            var read = await reader.Named("Encounter", encounterId);
            if (!read.Ok) return read.Problem;
            encounter = read.Value;
            if (encounter is { } e && NotOf(Subject(e), context.Patient)) return Problem.Forbidden("The encounter is not the launch's patient's.", "context-mismatch");
        }
        var appointments = context.Appointments.Concat(encounter is { } said ? AppointmentsOf(said) : []).Distinct().ToList();
        var found = new List<LaunchCandidate>();
        foreach (var id in appointments)
        {
            var appointment = await reader.Named("Appointment", id);
            if (!appointment.Ok) return appointment.Problem;
            if (appointment.Value is { } named && await Candidate(ehr, named, encounter, context, reader) is { } candidate) found.Add(candidate);
        }
        if (found.Count > 0) return new LaunchCandidates(found, reader.Withheld);
        if (encounter is { } alone && context.Encounter is { } own)
        {
            var mapped = EncounterToVisit.Map(alone, ehr.Id, own, await reader.Load(EncounterToVisit.References(alone)), ehr.Zone, launched: true);
            return new LaunchCandidates(mapped is null ? [] : [new LaunchCandidate(mapped, [])], reader.Withheld);
        }
        if (context.Patient is not { } patient || !context.MayRead("Appointment")) return new LaunchCandidates([], reader.Withheld);
        var theirs = await PatientsOwn(client, ehr, patient, context, reader, stop);
        return theirs.Ok ? new LaunchCandidates(theirs.Value, reader.Withheld) : theirs.Problem;
    }

    /// <summary>Reads the launching user (fhirUser) or a patient: name, identifiers. <paramref name="reference"/> e.g. "Practitioner/12".</summary>
    public async Task<Outcome<PersonSaid>> Person(EhrConnection ehr, string reference, CancellationToken stop)
    {
        var client = new EhrClient(http, ehr);
        var read = await client.Read(reference, stop);
        if (!read.Ok) return read.Problem;
        if (Reference.Split(reference).Type == "PractitionerRole")
        {
            // One step and no further: what a role names must be this EHR's practitioner.
            if (FhirJson.Text(read.Value, "practitioner", "reference") is not { } named || Reference.Split(named).Type != "Practitioner")
            {
                return Problem.NotFound("The role names no practitioner of this EHR.");
            }
            reference = named;
            read = await client.Read(reference, stop);
            if (!read.Ok) return read.Problem;
        }
        return PersonFromFhir.Map(Kind(Reference.Split(reference).Type), ehr.Id, reference, read.Value, null);
    }

    private static PersonKind Kind(string? type) => type switch
    {
        "Practitioner" => PersonKind.Staff,
        "Patient" => PersonKind.Patient,
        _ => PersonKind.Related,
    };

    private async Task<Outcome<IReadOnlyList<LaunchCandidate>>> PatientsOwn(EhrClient client, EhrConnection ehr, string patient, LaunchContext context, Reader reader, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var found = await client.Read($"Appointment?patient=Patient/{patient}&date=ge{now - Around:yyyy-MM-ddTHH:mm:ssZ}&date=le{now + Around:yyyy-MM-ddTHH:mm:ssZ}&_count=50", stop);
        if (!found.Ok) return found.Problem.Status is 403 or 404 or 400 ? Array.Empty<LaunchCandidate>() : found.Problem;
        var theirs = new List<LaunchCandidate>();
        foreach (var entry in FhirJson.Items(found.Value, "entry"))
        {
            if (!entry.TryGetProperty("resource", out var resource) || FhirJson.Text(resource, "resourceType") != "Appointment") continue;
            var candidate = await Candidate(ehr, resource, null, context, reader);
            if (candidate is { Booking.State: BookingState.Booked or BookingState.Arrived }) theirs.Add(candidate);
        }
        return theirs;
    }

    private static async Task<LaunchCandidate?> Candidate(EhrConnection ehr, JsonElement appointment, JsonElement? encounter, LaunchContext context, Reader reader) =>
        await Booking(ehr, appointment, encounter, context, reader) is { } booking
            ? new LaunchCandidate(booking, [.. AppointmentToVisit.References(appointment).Select(Reference.Split).Where(r => r.Type == "Location").Select(r => r.Id)])
            : null;

    private static async Task<VisitBooking?> Booking(EhrConnection ehr, JsonElement appointment, JsonElement? encounter, LaunchContext context, Reader reader)
    {
        if (FhirJson.Text(appointment, "id") is not { } id) return null;
        var references = AppointmentToVisit.References(appointment).ToList();
        // An appointment that names other patients and not this one is not meant.
        var actors = FhirJson.Items(appointment, "participant").Select(p => p.TryGetProperty("actor", out var a) ? a : default);
        if (NotOf(actors, context.Patient)) return null;
        var booking = AppointmentToVisit.Map(appointment, ehr.Id, id, await reader.Load(references), ehr.Zone);
        if (booking is null || encounter is not { } e || FhirJson.Text(e, "id") is not { } encounterId || !AppointmentsOf(e).Contains(id)) return booking;
        return booking with
        {
            Keys = [.. booking.Keys, new VisitKey(ehr.Id, "Encounter", encounterId)],
            Identifiers = [.. booking.Identifiers.Concat(PersonFromFhir.Identifiers(e)).Distinct()],
        };
    }

    /// <summary>The launch names a patient, and among these only others are: by whatever server's reference, or by none.</summary>
    internal static bool NotOf(IEnumerable<JsonElement> named, string? patient)
    {
        if (patient is null) return false;
        var patients = named.Where(IsPatient).Select(p => FhirJson.Text(p, "reference")).ToList();
        return patients.Count > 0 && !patients.Exists(r => r is not null && Reference.Split(r) is { Type: "Patient", Id: var id } && id == patient);
    }

    private static bool IsPatient(JsonElement named) =>
        FhirJson.Text(named, "type") == "Patient"
        || (FhirJson.Text(named, "reference") is { } reference && (reference.StartsWith("Patient/", StringComparison.Ordinal) || reference.Contains("/Patient/", StringComparison.Ordinal)));

    private static IEnumerable<JsonElement> Subject(JsonElement encounter) => encounter.TryGetProperty("subject", out var subject) ? [subject] : [];

    private static IEnumerable<string> AppointmentsOf(JsonElement encounter) =>
        FhirJson.Items(encounter, "appointment").Select(a => FhirJson.Text(a, "reference")).OfType<string>()
            .Select(Reference.Split).Where(r => r.Type == "Appointment").Select(r => r.Id);

    /// <summary>Reads the people a visit refers to; what may not be read, and places, for which no scope was asked, leave the display.</summary>
    private sealed class Reader(EhrClient client, LaunchContext context, CancellationToken stop)
    {
        /// <summary>Something that the launch itself names was not to be read.</summary>
        public bool Withheld { get; private set; }

        /// <summary>What the launch names; null when it is not there, or not for this token.</summary>
        public async Task<Outcome<JsonElement?>> Named(string type, string id)
        {
            var read = context.MayRead(type) ? await client.Read($"{type}/{id}", stop) : Problem.Forbidden("The scopes granted do not cover it.");
            if (read.Ok) return (JsonElement?)read.Value;
            Withheld |= read.Problem.Status == 403;
            return read.Problem.Status is 403 or 404 or 410 ? (JsonElement?)null : read.Problem;
        }

        private readonly Dictionary<string, JsonElement> known = new(StringComparer.Ordinal);

        public async Task<IReadOnlyDictionary<string, JsonElement>> Load(IEnumerable<string> references)
        {
            foreach (var reference in references.Distinct().Take(20))
            {
                var type = Reference.Split(reference).Type;
                if (known.ContainsKey(reference) || type is not ("Patient" or "Practitioner") || !context.MayRead(type)) continue;
                var read = await client.Read(reference, stop);
                if (read.Ok) known[reference] = read.Value;
            }
            return known;
        }
    }
}
