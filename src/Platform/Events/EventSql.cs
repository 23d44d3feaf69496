using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Platform.Events;

/// <summary>Appends events and their delivery rows to whatever batch writes the state.</summary>
public static class EventSql
{
    /// <returns>Whether anybody waits for them.</returns>
    public static bool Append(NpgsqlBatch batch, IReadOnlyList<Event> events, EventRouting routing)
    {
        var first = events[0];
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into platform.event (tenant, id, at, kind, subject, patient, actor, actor_kind, client, source, data)
            select $1, e.id, $2, e.kind, e.subject, e.patient, $3, $4, $5, $6, e.data::jsonb
            from unnest($7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[]) as e (id, kind, subject, patient, data)
            """)
        {
            Parameters =
            {
                new() { Value = first.Tenant },
                new() { Value = first.At },
                new() { Value = first.Actor.Id },
                new() { Value = first.Actor.Kind.ToString() },
                Text(first.Actor.Client),
                Text(first.Actor.Source),
                new() { Value = events.Select(e => e.Id).ToArray() },
                new() { Value = events.Select(e => e.Kind).ToArray() },
                new() { Value = events.Select(e => e.Subject).ToArray() },
                new() { Value = events.Select(e => e.Patient).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = events.Select(e => e.Data).ToArray() },
            },
        });

        var rows = (from e in events from r in routing.Routes where r.Wants(e) select (e.Id, r.Consumer, Lane: r.Lane?.Invoke(e), Due: r.Consumer == Live.LiveRelay.Consumer ? e.At : e.At + e.Delay)).ToList();
        if (rows.Count == 0) return false;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(routing.InsertDeliveries)
        {
            Parameters =
            {
                new() { Value = first.Tenant },
                new() { Value = rows.Select(r => r.Due).ToArray() },
                new() { Value = rows.Select(r => r.Id).ToArray() },
                new() { Value = rows.Select(r => r.Consumer).ToArray() },
                new() { Value = rows.Select(r => r.Lane).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        });
        return true;
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
