using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Scheduling;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Appointments;

/// <summary>
/// A visit's own decisions as the next version of its Appointment and Encounter, in the same transaction (decision record
/// 0001). Every token stays but status, statusHistory and period.
/// </summary>
internal sealed class VisitProjection(WriteEngine engine, SlotClaims slots) : IProjection
{
    public string Kind => "visit";

    public async Task Project(Tx tx, Guid id)
    {
        var visit = await tx.OneOrNone<Visit>("""
            select id, status, started_at as StartedAt, finished_at as FinishedAt from collab.visit where tenant = @Tenant and id = @id
            """, new { tx.Tenant, id });
        var keys = await tx.Query<(string Kind, string Id)>(
            "select kind, id from collab.visit_key where tenant = @Tenant and visit = @id and source = @own order by kind, id", new { tx.Tenant, id, own = Guid.Empty });
        var entries = new List<WriteEntry>();
        foreach (var (kind, resourceId) in keys)
        {
            if (await ResourceReads.Body(tx, $"{kind}/{resourceId}", toChange: true) is not { } resource) continue;
            var next = kind == "Appointment" ? Appointment(resource, visit!) : Encounter(resource, visit!, tx.Now);
            if (next is null) continue;
            entries.Add(new WriteEntry { Kind = WriteKind.Update, Type = kind, Id = resourceId, Body = JsonDocument.Parse(next).RootElement });
        }
        if (entries.Count == 0) return;
        var written = await engine.Run(tx, entries, applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
        var cancelled = entries.Where(e => e.Type == "Appointment" && FhirJson.Text(e.Body!.Value, "status") == "cancelled").Select(e => e.Id!).ToList();
        if (cancelled.Count > 0) await slots.Release(tx, cancelled);
    }

    internal static byte[]? Appointment(JsonElement resource, Visit visit)
    {
        var status = VisitStatuses.Appointment(visit.Status);
        if (VisitStatuses.Agree(FhirJson.Text(resource, "status"), status)) return null;
        return FhirJson.With(resource, new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue(status) });
    }

    internal static byte[]? Encounter(JsonElement resource, Visit visit, DateTimeOffset now)
    {
        var status = VisitStatuses.Encounter(visit.Status);
        var before = FhirJson.Text(resource, "status");
        if (before == status) return null;
        var changes = new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["status"] = w => w.WriteStringValue(status),
            ["statusHistory"] = w => StatusHistory(w, resource, before, now),
        };
        if (visit.StartedAt is { } started) changes["period"] = w => Period(w, resource, started, visit.FinishedAt);
        return FhirJson.With(resource, changes);
    }

    private static void StatusHistory(Utf8JsonWriter w, JsonElement resource, string? before, DateTimeOffset now)
    {
        w.WriteStartArray();
        string? since = null;
        foreach (var old in FhirJson.Items(resource, "statusHistory"))
        {
            FhirJson.Copy(w, old, null);
            since = FhirJson.Text(old, "period", "end");
        }
        if (before is not null)
        {
            w.WriteStartObject();
            w.WriteString("status", before);
            w.WriteStartObject("period");
            if (since is not null) w.WriteString("start", since);
            w.WriteString("end", FhirJson.Instant(now));
            w.WriteEndObject();
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Period(Utf8JsonWriter w, JsonElement resource, DateTimeOffset started, DateTimeOffset? finished)
    {
        w.WriteStartObject();
        if (resource.TryGetProperty("period", out var period))
        {
            foreach (var p in period.EnumerateObject().Where(p => p.Name is not ("start" or "end")))
            {
                w.WritePropertyName(p.Name);
                FhirJson.Copy(w, p.Value, null);
            }
        }
        // When a period began is its writer's word: a stay, or a visit that was opened before us.
        w.WriteString("start", FhirJson.Text(resource, "period", "start") ?? FhirJson.Instant(started));
        if (finished is { } end) w.WriteString("end", FhirJson.Instant(end));
        w.WriteEndObject();
    }
}
