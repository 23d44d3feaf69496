using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Access;

/// <summary>What a launch of an app is about: ids of our own FHIR API.</summary>
public sealed record ChartContext(string Patient, string? Encounter, string? Appointment);

/// <summary>A patient to choose.</summary>
public sealed record PatientChoice(string Id, PatientFacts Facts);

/// <summary>An encounter of that patient to choose.</summary>
public sealed record EncounterChoice(string Id, string? What, DateTimeOffset? Start, string? Status);

/// <summary>Our chart, as launching an app needs it: whom a launch may be about, and who launches (SMART-S5, S6, S7).</summary>
public sealed class LaunchChart
{
    private const int Shown = 20;
    private static readonly TimeSpan Around = TimeSpan.FromDays(7);
    private readonly Db db;
    private readonly FhirRouter router;
    private readonly FhirSettings settings;
    private readonly AccessLog audit;

    internal LaunchChart(Db db, FhirRouter router, FhirSettings settings, AccessLog audit) => (this.db, this.router, this.settings, this.audit) = (db, router, settings, audit);

    /// <summary>The clinician's own patients of these days, or those that a name or an identifier finds. What is shown is on record.</summary>
    public async Task<IReadOnlyList<PatientChoice>> Patients(Caller caller, string? search, CancellationToken stop)
    {
        if (!string.IsNullOrWhiteSpace(search))
        {
            var term = Uri.EscapeDataString(Literal(search.Trim()));
            return await Found(caller, "Patient", search.Any(char.IsAsciiDigit) ? $"identifier={term}" : $"name={term}", Patient, stop);
        }
        var mine = await Mine(caller, stop);
        return mine.Count > 0 ? mine : await Found(caller, "Patient", "_sort=-_lastUpdated", Patient, stop);
    }

    public Task<IReadOnlyList<EncounterChoice>> Encounters(Caller caller, string patient, CancellationToken stop) =>
        Found(caller, "Encounter", $"patient=Patient/{Uri.EscapeDataString(patient)}&_sort=-date", Encounter, stop);

    /// <summary>The patient as the consent page names them; null when there is none of that id.</summary>
    public async Task<PatientFacts?> Facts(Caller caller, string patient, CancellationToken stop)
    {
        var body = await db.In(caller.Tenant, caller.Actor, tx => ResourceReads.Body(tx, $"Patient/{patient}"), stop);
        if (body is not { } resource) return null;
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "read", $"Patient/{patient}", $"Patient/{patient}", 200), stop);
        return Patient(resource).Facts;
    }

    /// <summary>Whether all of it is here and of one patient.</summary>
    public static async Task<Problem?> Check(Tx tx, ChartContext context)
    {
        if (!FhirId.Valid(context.Patient) || await ResourceReads.Body(tx, $"Patient/{context.Patient}") is null)
        {
            return Problem.NotFound($"There is no Patient/{(FhirId.Valid(context.Patient) ? context.Patient : "of that id")} here.");
        }
        if (context.Encounter is { } encounter)
        {
            if (!FhirId.Valid(encounter) || await ResourceReads.Body(tx, $"Encounter/{encounter}") is not { } body) return Problem.NotFound("There is no such encounter here.");
            if (!Means(FhirJson.Text(body, "subject", "reference"), context.Patient)) return Problem.Invalid("The encounter is another patient's.", "encounter");
        }
        if (context.Appointment is { } appointment)
        {
            if (!FhirId.Valid(appointment) || await ResourceReads.Body(tx, $"Appointment/{appointment}") is not { } body) return Problem.NotFound("There is no such appointment here.");
            if (!FhirJson.Items(body, "participant").Any(p => Means(FhirJson.Text(p, "actor", "reference"), context.Patient))) return Problem.Invalid("The appointment is another patient's.", "appointment");
        }
        return null;
    }

    /// <summary>What a visit is in our FHIR API; null where its patient is known to the EHR alone.</summary>
    public static async Task<ChartContext?> OfVisit(Tx tx, Guid visit)
    {
        var rows = await tx.Query<(string Kind, string Id)>("""
            select k.kind, k.id from collab.visit_key k where k.tenant = @Tenant and k.visit = @visit and k.source = @own
            union all
            select 'Patient', substr(k.reference, 9) from collab.visit v join collab.person_key k on k.tenant = v.tenant and k.person = v.patient and k.source = @own
            where v.tenant = @Tenant and v.id = @visit and k.reference like 'Patient/%'
            order by 1, 2
            """, new { tx.Tenant, visit, own = Guid.Empty });
        string? Of(string kind) => rows.FirstOrDefault(r => r.Kind == kind).Id;
        foreach (var (_, patient) in rows.Where(r => r.Kind == "Patient"))
        {
            var context = new ChartContext(patient, Of("Encounter"), Of("Appointment"));
            if (await Check(tx, context) is null) return context;
        }
        return null;
    }

    private async Task<IReadOnlyList<PatientChoice>> Mine(Caller caller, CancellationToken stop)
    {
        var bodies = await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var references = await tx.Query<string>("""
                select k.reference from collab.visit_clinician c
                join collab.visit v on v.tenant = c.tenant and v.id = c.visit
                join collab.person_key k on k.tenant = v.tenant and k.person = v.patient and k.source = @own and k.reference like 'Patient/%'
                where c.tenant = @Tenant and c.person = @Person and v.start_at > @from and v.start_at < @to
                group by k.reference order by min(abs(extract(epoch from v.start_at - @Now))) limit @Shown
                """, new { tx.Tenant, caller.Person, own = Guid.Empty, tx.Now, from = tx.Now - Around, to = tx.Now + Around, Shown });
            var found = await ResourceReads.Bodies(tx, references);
            return references.Where(found.ContainsKey).Select(r => found[r]).ToList();
        }, stop);
        if (bodies.Count > 0)
        {
            await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "list", "Patient", null, 200), bodies.Select(b => $"Patient/{FhirJson.Text(b, "id")}"), stop);
        }
        return [.. bodies.Select(Patient)];
    }

    /// <summary>By the search that everybody uses, as this person: on record like any search.</summary>
    private async Task<IReadOnlyList<T>> Found<T>(Caller caller, string type, string query, Func<JsonElement, T> show, CancellationToken stop)
    {
        var answer = await router.Handle(caller with { Scopes = [$"user/{type}.s"], LaunchPatient = null },
            new FhirRequest { Method = "GET", Path = [type], Query = $"{query}&_count={Shown}", Base = settings.Base }, stop);
        if (answer is not { Status: 200, Body: { } body }) return [];
        using var bundle = JsonDocument.Parse(body);
        return [.. FhirJson.Items(bundle.RootElement, "entry").Select(e => e.GetProperty("resource")).Where(r => FhirJson.Text(r, "resourceType") == type).Select(show)];
    }

    private static PatientChoice Patient(JsonElement resource)
    {
        var said = PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, null, resource, null);
        var name = new Person { Kind = PersonKind.Patient, Family = said.Family, Given = said.Given }.Display;
        var number = said.Identifiers.FirstOrDefault(i => i.Type == "MR") ?? (said.Identifiers is [var any, ..] ? any : null);
        return new PatientChoice(FhirJson.Text(resource, "id")!, new PatientFacts(name, said.BirthDate, said.Gender, number is null ? null : number.Type == "MR" ? $"MRN {number.Value}" : number.Value));
    }

    private static EncounterChoice Encounter(JsonElement resource) => new(
        FhirJson.Text(resource, "id")!,
        FhirJson.Text(resource, "type", "text") ?? FhirJson.Text(resource, "reasonCode", "text") ?? FhirJson.Text(resource, "class", "display") ?? FhirJson.Text(resource, "class", "code"),
        DateTimeOffset.TryParse(FhirJson.Text(resource, "period", "start"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start) ? start : null,
        FhirJson.Text(resource, "status"));

    private static bool Means(string? reference, string patient) => reference is not null && Reference.Split(reference) is ("Patient", var id) && id == patient;

    /// <summary>A search value, with what FHIR's search syntax means something by taken literally.</summary>
    internal static string Literal(string text) => string.Concat(text.Select(c => c is '\\' or ',' or '|' or '$' ? $"\\{c}" : c.ToString()));
}
