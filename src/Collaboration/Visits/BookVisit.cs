using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Visits;

/// <summary>
/// Bookings meet their visits: found by key, else by shared identifier, else made; rows and events in the caller's
/// transaction. A bundle of a hundred costs the statements of one.
/// </summary>
internal static class BookVisit
{
    public static async Task<IReadOnlyList<Visit>> Run(Tx tx, IReadOnlyList<VisitBooking> bookings)
    {
        if (bookings.Count == 0) return [];
        Locks.Take(tx, [.. bookings.SelectMany(Names).Distinct()]);
        var said = bookings.SelectMany(b => b.Patient is { } p ? b.Clinicians.Prepend(p) : b.Clinicians).ToList();
        var (visitRows, peopleRows) = await tx.Query<KnownVisits.Row, KnownPeople.Row>(
            (KnownVisits.Sql, KnownVisits.Args(tx, bookings)), (KnownPeople.Sql, KnownPeople.Args(tx, said)));
        var known = new KnownVisits(visitRows);
        var knownPeople = new KnownPeople();
        knownPeople.Add(peopleRows);
        var people = await PeopleSql.FindOrMake(tx, said, knownPeople);
        var changes = new VisitChanges();
        var visits = new Visit[bookings.Count];
        var next = 0;
        for (var i = 0; i < visits.Length; i++)
        {
            var booking = bookings[i];
            var patient = booking.Patient is null ? null : people[next++];
            var clinicians = booking.Clinicians.Select(_ => people[next++].Id).ToArray();
            var current = known.Match(booking);
            var visit = visits[i] = Next(current, booking, patient?.Id, tx);
            changes.Add(current, visit, clinicians);
            changes.AddKeys(visit, booking, known);
            known.Put(booking, visit);
            if (visit.Over && current is { Over: false }) await VisitEnd.CloseRoom(tx, visit.Id);
            if (current != visit) tx.Publish(VisitRules.Kind(current, visit), $"visit/{visit.Id}", visit.Patient is { } id ? $"person/{id}" : null);
        }
        changes.Later(tx);
        return visits;
    }

    private static Visit Next(Visit? current, VisitBooking booking, Guid? patient, Tx tx)
    {
        var status = VisitRules.Status(current, booking, tx.Now);
        var visit = (current ?? new Visit { Id = tx.NewId() }) with
        {
            Status = status,
            StartAt = booking.Start ?? current?.StartAt,
            EndAt = booking.End ?? current?.EndAt,
            Reason = booking.Reason ?? current?.Reason,
            Service = booking.Service ?? current?.Service,
            Location = booking.Location ?? current?.Location,
            Patient = patient ?? current?.Patient,
            ArrivedAt = current?.ArrivedAt ?? (status is VisitStatus.Arrived ? tx.Now : null),
            StartedAt = current?.StartedAt ?? (status is VisitStatus.InProgress ? tx.Now : null),
            FinishedAt = status is VisitStatus.Finished ? current?.FinishedAt ?? booking.End ?? tx.Now : null,
        };
        return visit.EndAt < visit.StartAt ? visit with { EndAt = null } : visit;
    }

    private static IEnumerable<string> Names(VisitBooking booking) =>
        booking.Keys.Select(k => $"visit|{k.Source}|{k.Kind}|{k.Id}").Concat(booking.Identifiers.Select(i => $"visit|{i.System}|{i.Value}"));
}

/// <summary>The visits that some bookings may mean, locked.</summary>
internal sealed class KnownVisits
{
    private readonly Dictionary<VisitKey, Guid> byKey = [];
    private readonly Dictionary<(string System, string Value), Guid> byIdentifier = [];
    private readonly Dictionary<Guid, Visit> visits = [];

    // One by one through their keys ("offset 0"): while the tables grow from nothing a plan made for a moment ago would walk them.
    public const string Sql = """
        select f.source, f.kind, f.key, f.system, f.value, v.id, v.status, v.start_at as StartAt, v.end_at as EndAt, v.reason, v.service, v.location, v.patient,
          v.arrived_at as ArrivedAt, v.started_at as StartedAt, v.finished_at as FinishedAt, v.no_show_at as NoShowAt, v.version
        from (
            select k.visit, k.source, k.kind, k.id as key, null as system, null as value
            from unnest(@sources, @kinds, @ids) as s (source, kind, id)
            cross join lateral (select * from collab.visit_key k where k.tenant = @Tenant and k.source = s.source and k.kind = s.kind and k.id = s.id offset 0) k
            union all
            select i.visit, null, null, null, i.system, i.value
            from unnest(@systems, @values) as s (system, value)
            cross join lateral (select * from collab.visit_identifier i where i.tenant = @Tenant and i.system = s.system and i.value = s.value offset 0) i
          ) f
        join collab.visit v on v.tenant = @Tenant and v.id = f.visit
        order by v.id
        for update of v
        """;

    public static object Args(Tx tx, IReadOnlyList<VisitBooking> bookings)
    {
        var keys = bookings.SelectMany(b => b.Keys).Distinct().ToList();
        var identifiers = bookings.SelectMany(b => b.Identifiers).Select(i => (i.System, i.Value)).Distinct().ToList();
        return new
        {
            tx.Tenant, sources = keys.Select(k => k.Source).ToArray(), kinds = keys.Select(k => k.Kind).ToArray(), ids = keys.Select(k => k.Id).ToArray(),
            systems = identifiers.Select(i => i.System).ToArray(), values = identifiers.Select(i => i.Value).ToArray(),
        };
    }

    public KnownVisits(IEnumerable<Row> rows)
    {
        foreach (var row in rows)
        {
            if (row.Key is not null) byKey[new VisitKey(row.Source!.Value, row.Kind!, row.Key)] = row.Id;
            else byIdentifier[(row.System!, row.Value!)] = row.Id;
            visits[row.Id] = row;
        }
    }

    public Visit? Match(VisitBooking booking)
    {
        foreach (var key in booking.Keys)
        {
            if (byKey.TryGetValue(key, out var visit)) return visits[visit];
        }
        foreach (var i in booking.Identifiers)
        {
            if (byIdentifier.TryGetValue((i.System, i.Value), out var visit)) return visits[visit];
        }
        return null;
    }

    public bool Has(VisitKey key) => byKey.ContainsKey(key);
    public bool Has(Identifier identifier) => byIdentifier.ContainsKey((identifier.System, identifier.Value));

    public void Put(VisitBooking booking, Visit visit)
    {
        visits[visit.Id] = visit;
        foreach (var key in booking.Keys) byKey.TryAdd(key, visit.Id);
        foreach (var i in booking.Identifiers) byIdentifier.TryAdd((i.System, i.Value), visit.Id);
    }

    internal sealed record Row : Visit
    {
        public Guid? Source { get; init; }
        public string? Kind { get; init; }
        public string? Key { get; init; }
        public string? System { get; init; }
        public string? Value { get; init; }
    }
}
