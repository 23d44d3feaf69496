using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>
/// https://profiles.ihe.net/ITI/Scheduling (ITI-115): free slots of a window as proposed Appointments, not stored. Found by
/// the searches of Schedule and Slot, so scopes and audit are those of searching.
/// </summary>
internal sealed class FindAppointments(Searching searching) : IOperation
{
    private const int DefaultCount = 50;
    private const int MaxCount = 200;
    private const int MaxSchedules = 200;
    private static readonly TimeSpan MaxWindow = TimeSpan.FromDays(366);
    private static readonly string[] Actors = ["practitioner", "location", "location-reference", "organization", "actor", "healthcare-service"];

    public string Name => "find";
    public string Definition => "https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-find";
    public OperationLevel Levels => OperationLevel.Type;
    public IReadOnlyList<string> Types => ["Appointment"];

    public async Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        if (Instant(call.One("start")) is not { } start) return FhirAnswer.Of(Problem.Invalid("'start' is needed: the time from which, like 2026-11-23T08:00:00+01:00.", "start", "required"));
        if (Instant(call.One("end")) is not { } end) return FhirAnswer.Of(Problem.Invalid("'end' is needed: the time until which, like 2026-11-24T18:00:00+01:00.", "end", "required"));
        if (end <= start || end - start > MaxWindow) return FhirAnswer.Of(Problem.Invalid($"'end' is after 'start' and at most {MaxWindow.TotalDays:0} days later.", "end"));
        var count = call.One("_count") is { } c ? SearchValue.Count(c) : DefaultCount;
        if (count is not > 0) return FhirAnswer.Of(Problem.Invalid("_count must be a positive number.", "_count"));
        var size = Math.Min(count.Value, MaxCount);

        var schedules = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var filter = "";
        if (Actors.Where(a => call.All(a).Any()).ToList() is { Count: > 0 } asked)
        {
            var query = string.Join('&', asked.Select(a => $"actor={string.Join(',', call.All(a).Select(v => Uri.EscapeDataString(Named(a, v))))}"));
            var found = await Search(call, "Schedule", $"{query}&_count={MaxSchedules}", stop);
            if (!found.Ok) return FhirAnswer.Of(found.Problem);
            if (found.Value.More) return FhirAnswer.Of(new Problem(400, "too-costly", $"More than {MaxSchedules} schedules are meant. Name practitioners or places more closely."));
            foreach (var schedule in found.Value.Matches.Where(s => !(s.TryGetProperty("active", out var on) && on.ValueKind == JsonValueKind.False))) schedules[$"Schedule/{FhirJson.Text(schedule, "id")}"] = schedule;
            if (schedules.Count == 0) return Answer(call, [], more: false);
            filter = $"&schedule={string.Join(',', schedules.Keys)}";
        }
        var slots = new List<JsonElement>();
        var more = false;
        // Open shifts of a roster are free Slots too, and nobody books a patient into them.
        var window = $"status=free&start=ge{Utc(start)}&start=lt{Utc(end)}&service-category:not={Shifts.RosterToFhir.Category}|roster{filter}{Tokens(call, "specialty", "specialty")}{Tokens(call, "visit-type", "appointment-type")}&_include=Slot:schedule&_sort=start&_count={size}";
        var services = call.All("service-type").ToList();
        // A slot that does not say its service has that of its schedule.
        foreach (var which in services.Count == 0 ? [""] : (string[])[Tokens(call, "service-type", "service-type"), "&service-type:missing=true"])
        {
            var found = await Search(call, "Slot", window + which, stop);
            if (!found.Ok) return FhirAnswer.Of(found.Problem);
            more |= found.Value.More;
            foreach (var schedule in found.Value.Included) schedules[$"Schedule/{FhirJson.Text(schedule, "id")}"] = schedule;
            slots.AddRange(which.Contains("missing", StringComparison.Ordinal) ? found.Value.Matches.Where(s => Schedule(s) is { } of && Serves(of, services)) : found.Value.Matches);
        }
        var fitting = slots.Where(s => Instant(FhirJson.Text(s, "end")) <= end).OrderBy(s => Instant(FhirJson.Text(s, "start"))).ToList();
        return Answer(call, [.. fitting.Take(size).Select(s => Proposal.Of([s], Schedule(s), "proposed", call.One("patient-reference") ?? call.One("patient"), null, marked: true))], more || fitting.Count > size);

        JsonElement? Schedule(JsonElement slot) => FhirJson.Text(slot, "schedule", "reference") is { } reference && schedules.TryGetValue(reference, out var schedule) ? schedule : null;
    }

    private async Task<Outcome<(List<JsonElement> Matches, List<JsonElement> Included, bool More)>> Search(OperationCall call, string type, string query, CancellationToken stop)
    {
        var answer = await searching.Search(call.Caller, new FhirRequest { Method = "GET", Path = [type], Query = query, Base = call.Request.Base, Strict = true, Within = call.Request.Within }, type, query, stop);
        if (answer.Problem is { } problem) return problem;
        var bundle = JsonDocument.Parse(answer.Body!).RootElement;
        var entries = FhirJson.Items(bundle, "entry").ToList();
        return (Those("match"), Those("include"), FhirJson.Items(bundle, "link").Any(l => FhirJson.Text(l, "relation") == "next"));

        List<JsonElement> Those(string mode) => [.. entries.Where(e => FhirJson.Text(e, "search", "mode") == mode).Select(e => e.GetProperty("resource"))];
    }

    private static FhirAnswer Answer(OperationCall call, List<byte[]> proposals, bool more) => new(200, FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        w.WriteNumber("total", proposals.Count);
        w.WriteStartArray("link");
        FhirJson.Link(w, "self", $"{call.Request.Base}/Appointment/$find{(call.Request.Query.Length > 0 ? "?" + call.Request.Query : "")}");
        w.WriteEndArray();
        if (proposals.Count > 0 || more) w.WriteStartArray("entry");
        foreach (var proposal in proposals) Matched(w, proposal);
        if (more) Matched(w, FhirOutcome.Body(new Issue("warning", "incomplete", "There are more: ask again from a later start, or with a larger _count.")), mode: "outcome");
        if (proposals.Count > 0 || more) w.WriteEndArray();
        w.WriteEndObject();
    })) { Type = "Bundle" };

    public static void Matched(Utf8JsonWriter w, byte[] resource, string? fullUrl = null, string mode = "match")
    {
        w.WriteStartObject();
        if (fullUrl is not null) w.WriteString("fullUrl", fullUrl);
        w.WritePropertyName("resource");
        w.WriteRawValue(resource, skipInputValidation: true);
        w.WriteStartObject("search");
        w.WriteString("mode", mode);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static string Named(string input, string value) => value.Contains('/', StringComparison.Ordinal) ? value : input switch
    {
        "practitioner" => $"Practitioner/{value}",
        "location" or "location-reference" => $"Location/{value}",
        "organization" => $"Organization/{value}",
        "healthcare-service" => $"HealthcareService/{value}",
        _ => value,
    };

    private static bool Serves(JsonElement schedule, List<string> services) => FhirJson.Items(schedule, "serviceType").SelectMany(t => FhirJson.Items(t, "coding"))
        .Any(c => FhirJson.Text(c, "code") is { } code && services.Exists(s => s == code || s == $"{FhirJson.Text(c, "system")}|{code}"));

    private static string Tokens(OperationCall call, string input, string parameter) =>
        call.All(input).ToList() is { Count: > 0 } values ? $"&{parameter}={string.Join(',', values.Select(Uri.EscapeDataString))}" : "";

    private static DateTimeOffset? Instant(string? text) => text is null ? null : DateRange.Parse(text.Replace(' ', '+'))?.Lo;
    private static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
