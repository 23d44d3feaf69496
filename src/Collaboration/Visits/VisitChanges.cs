using HealthTeams.Collaboration.People;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Collaboration.Visits;

/// <summary>What bookings change of visits, as one statement a table; a visit that two bookings mean is written once.</summary>
internal sealed class VisitChanges
{
    private readonly Dictionary<Guid, (bool IsNew, Visit Visit)> visits = [];
    private readonly Dictionary<VisitKey, Guid> keys = [];
    private readonly Dictionary<(string System, string Value), Guid> identifiers = [];
    private readonly Dictionary<Guid, Guid[]> clinicians = [];
    private readonly HashSet<Guid> made = [];

    public void Add(Visit? current, Visit visit, Guid[] clinicians)
    {
        if (current is null) made.Add(visit.Id);
        if (current != visit) visits[visit.Id] = (made.Contains(visit.Id), visit);
        // An encounter that names nobody does not clear those of the appointment.
        if (clinicians.Length > 0) this.clinicians[visit.Id] = [.. clinicians.Distinct()];
    }

    public void AddKeys(Visit visit, VisitBooking booking, KnownVisits known)
    {
        foreach (var key in booking.Keys.Where(k => !known.Has(k))) keys.TryAdd(key, visit.Id);
        foreach (var i in booking.Identifiers.Where(i => !known.Has(i))) identifiers.TryAdd((i.System, i.Value), visit.Id);
    }

    public void Later(Tx tx)
    {
        Save(tx, [.. visits.Values.Where(v => v.IsNew).Select(v => v.Visit)], """
            insert into collab.visit (tenant, id, status, start_at, end_at, reason, service, location, patient, arrived_at, started_at, finished_at, booked_at)
            select $1, v.id, v.status, v.start_at, v.end_at, v.reason, v.service, v.location, v.patient, v.arrived_at, v.started_at, v.finished_at, $2
            from
            """);
        Save(tx, [.. visits.Values.Where(v => !v.IsNew).Select(v => v.Visit)], """
            update collab.visit x set status = v.status, start_at = v.start_at, end_at = v.end_at, reason = v.reason, service = v.service, location = v.location,
              patient = v.patient, arrived_at = v.arrived_at, started_at = v.started_at, finished_at = v.finished_at, version = x.version + 1
            from
            """, " where x.tenant = $1 and x.id = v.id and $2::timestamptz is not null");
        if (keys.Count > 0)
        {
            Run(tx, """
                insert into collab.visit_key (tenant, source, kind, id, visit)
                select $1, k.source, k.kind, k.id, k.visit from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[]) as k (source, kind, id, visit)
                on conflict (tenant, source, kind, id) do nothing
                """, P(keys.Keys.Select(k => k.Source).ToArray()), P(keys.Keys.Select(k => k.Kind).ToArray()), P(keys.Keys.Select(k => k.Id).ToArray()), P(keys.Values.ToArray()));
        }
        if (identifiers.Count > 0)
        {
            Run(tx, """
                insert into collab.visit_identifier (tenant, system, value, visit)
                select $1, i.system, i.value, i.visit from unnest($2::text[], $3::text[], $4::uuid[]) as i (system, value, visit)
                on conflict (tenant, system, value) do nothing
                """, P(identifiers.Keys.Select(i => i.System).ToArray()), P(identifiers.Keys.Select(i => i.Value).ToArray()), P(identifiers.Values.ToArray()));
        }
        if (clinicians.Count > 0) Clinicians(tx);
    }

    private void Clinicians(Tx tx)
    {
        var pairs = clinicians.SelectMany(c => c.Value.Select(person => (Visit: c.Key, Person: person))).ToList();
        var (ofVisits, people) = (P(pairs.Select(p => p.Visit).ToArray()), P(pairs.Select(p => p.Person).ToArray()));
        Run(tx, """
            insert into collab.visit_clinician (tenant, visit, person)
            select $1, c.visit, c.person from unnest($2::uuid[], $3::uuid[]) as c (visit, person)
            on conflict (tenant, visit, person) do nothing
            """, ofVisits, people);
        var before = clinicians.Keys.Where(v => !made.Contains(v)).ToArray();
        if (before.Length == 0) return;
        Run(tx, """
            delete from collab.visit_clinician c
            where c.tenant = $1 and c.visit = any($2)
              and not exists (select from unnest($3::uuid[], $4::uuid[]) as n (visit, person) where n.visit = c.visit and n.person = c.person)
            """, P(before), ofVisits.Clone(), people.Clone());
    }

    private static void Save(Tx tx, Visit[] rows, string into, string where = "")
    {
        if (rows.Length == 0) return;
        Run(tx, $"""
            {into} unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[])
              as v (id, status, start_at, end_at, reason, service, location, patient, arrived_at, started_at, finished_at){where}
            """, P(tx.Now), P(rows.Select(v => v.Id).ToArray()), P(rows.Select(v => v.Status.ToString()).ToArray()), Times(rows.Select(v => v.StartAt)), Times(rows.Select(v => v.EndAt)),
            Texts(rows.Select(v => v.Reason)), Texts(rows.Select(v => v.Service)), Texts(rows.Select(v => v.Location)),
            new() { Value = rows.Select(v => v.Patient).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            Times(rows.Select(v => v.ArrivedAt)), Times(rows.Select(v => v.StartedAt)), Times(rows.Select(v => v.FinishedAt)));
    }

    private static void Run(Tx tx, string sql, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlBatchCommand(sql) { Parameters = { P(tx.Tenant) } };
        foreach (var v in values) command.Parameters.Add(v);
        tx.Later(command);
    }

    private static NpgsqlParameter P(object value) => new() { Value = value };
    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Times(IEnumerable<DateTimeOffset?> values) =>
        new() { Value = values.Select(v => v?.ToUniversalTime()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
}
