using HealthTeams.Collaboration.People;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Collaboration.Visits;

/// <summary>A booking meets its visit: found by key, else by shared identifier, else made; rows and event in the caller's transaction.</summary>
internal static class BookVisit
{
    private const string Columns = """
        v.id, v.status, v.start_at as StartAt, v.end_at as EndAt, v.reason, v.service, v.location, v.patient,
        v.arrived_at as ArrivedAt, v.started_at as StartedAt, v.finished_at as FinishedAt, v.version
        """;

    public static async Task<Visit> Run(Tx tx, VisitBooking booking)
    {
        var current = await Find(tx, booking);
        var patient = booking.Patient is { } p ? await PeopleSql.FindOrMake(tx, p) : null;
        var clinicians = new List<Person>();
        foreach (var c in booking.Clinicians) clinicians.Add(await PeopleSql.FindOrMake(tx, c));

        var status = VisitRules.Status(current, booking, tx.Now);
        var visit = (current ?? new Visit { Id = tx.NewId() }) with
        {
            Status = status,
            StartAt = booking.Start ?? current?.StartAt,
            EndAt = booking.End ?? current?.EndAt,
            Reason = booking.Reason ?? current?.Reason,
            Service = booking.Service ?? current?.Service,
            Location = booking.Location ?? current?.Location,
            Patient = patient?.Id ?? current?.Patient,
            ArrivedAt = current?.ArrivedAt ?? (status is VisitStatus.Arrived ? tx.Now : null),
            StartedAt = current?.StartedAt ?? (status is VisitStatus.InProgress ? tx.Now : null),
            FinishedAt = status is VisitStatus.Finished ? current?.FinishedAt ?? booking.End ?? tx.Now : null,
        };
        if (visit.EndAt < visit.StartAt) visit = visit with { EndAt = null };
        var changed = current != visit;
        await Save(tx, current, visit, booking, clinicians, changed);
        if (changed)
        {
            tx.Publish(VisitRules.Kind(current, visit), $"visit/{visit.Id}", visit.Patient is { } id ? $"person/{id}" : null);
        }
        return visit;
    }

    private static async Task<Visit?> Find(Tx tx, VisitBooking booking)
    {
        var locks = booking.Keys.Select(k => $"visit|{k.Source}|{k.Kind}|{k.Id}")
            .Concat(booking.Identifiers.Select(i => $"visit|{i.System}|{i.Value}")).ToArray();
        await Locks.Take(tx, locks);
        var found = await tx.Query<Visit>($"""
            select {Columns}
            from (
                select k.visit, 0 as rank from collab.visit_key k
                join unnest(@sources, @kinds, @ids) as s (source, kind, id) on s.source = k.source and s.kind = k.kind and s.id = k.id
                where k.tenant = @Tenant
                union all
                select i.visit, 1 from collab.visit_identifier i
                join unnest(@systems, @values) as s (system, value) on s.system = i.system and s.value = i.value
                where i.tenant = @Tenant
              ) f
            join collab.visit v on v.tenant = @Tenant and v.id = f.visit
            order by f.rank
            limit 1
            for update of v
            """, new
        {
            tx.Tenant,
            sources = booking.Keys.Select(k => k.Source).ToArray(),
            kinds = booking.Keys.Select(k => k.Kind).ToArray(),
            ids = booking.Keys.Select(k => k.Id).ToArray(),
            systems = booking.Identifiers.Select(i => i.System).ToArray(),
            values = booking.Identifiers.Select(i => i.Value).ToArray(),
        });
        return found.FirstOrDefault();
    }

    private static async Task Save(Tx tx, Visit? current, Visit visit, VisitBooking booking, List<Person> clinicians, bool changed)
    {
        await using var batch = new NpgsqlBatch(tx.Connection, tx.Transaction);
        if (changed) batch.BatchCommands.Add(Upsert(tx, visit, current is null));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            insert into collab.visit_key (tenant, source, kind, id, visit)
            select $1, k.source, k.kind, k.id, $2 from unnest($3::uuid[], $4::text[], $5::text[]) as k (source, kind, id)
            on conflict (tenant, source, kind, id) do nothing
            """)
        {
            Parameters =
            {
                new() { Value = tx.Tenant },
                new() { Value = visit.Id },
                new() { Value = booking.Keys.Select(k => k.Source).ToArray() },
                new() { Value = booking.Keys.Select(k => k.Kind).ToArray() },
                new() { Value = booking.Keys.Select(k => k.Id).ToArray() },
            },
        });
        if (booking.Identifiers.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into collab.visit_identifier (tenant, system, value, visit)
                select $1, i.system, i.value, $2 from unnest($3::text[], $4::text[]) as i (system, value)
                on conflict (tenant, system, value) do nothing
                """)
            {
                Parameters =
                {
                    new() { Value = tx.Tenant },
                    new() { Value = visit.Id },
                    new() { Value = booking.Identifiers.Select(i => i.System).ToArray() },
                    new() { Value = booking.Identifiers.Select(i => i.Value).ToArray() },
                },
            });
        }
        if (clinicians.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into collab.visit_clinician (tenant, visit, person)
                select $1, $2, p from unnest($3::uuid[]) p
                on conflict (tenant, visit, person) do nothing
                """)
            {
                Parameters = { new() { Value = tx.Tenant }, new() { Value = visit.Id }, new() { Value = clinicians.Select(c => c.Id).ToArray() } },
            });
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "delete from collab.visit_clinician where tenant = $1 and visit = $2 and person <> all($3)")
            {
                Parameters = { new() { Value = tx.Tenant }, new() { Value = visit.Id }, new() { Value = clinicians.Select(c => c.Id).ToArray() } },
            });
        }
        await batch.ExecuteNonQueryAsync(tx.Stop);
    }

    private static NpgsqlBatchCommand Upsert(Tx tx, Visit v, bool isNew)
    {
        var command = new NpgsqlBatchCommand(isNew
            ? """
              insert into collab.visit (tenant, id, status, start_at, end_at, reason, service, location, patient, arrived_at, started_at, finished_at, booked_at)
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
              """
            : """
              update collab.visit set status = $3, start_at = $4, end_at = $5, reason = $6, service = $7, location = $8, patient = $9,
                arrived_at = $10, started_at = $11, finished_at = $12, version = version + 1
              where tenant = $1 and id = $2 and $13::timestamptz is not null
              """);
        command.Parameters.Add(new() { Value = tx.Tenant });
        command.Parameters.Add(new() { Value = v.Id });
        command.Parameters.Add(new() { Value = v.Status.ToString() });
        command.Parameters.Add(Nullable(v.StartAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(v.EndAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(v.Reason, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(v.Service, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(v.Location, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(v.Patient, NpgsqlDbType.Uuid));
        command.Parameters.Add(Nullable(v.ArrivedAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(v.StartedAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(v.FinishedAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(new() { Value = tx.Now });
        return command;
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value switch { null => DBNull.Value, DateTimeOffset d => d.ToUniversalTime(), _ => value }, NpgsqlDbType = type };
}
