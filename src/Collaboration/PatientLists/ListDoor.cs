using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>An Encounter as the gateway brings it, free of FHIR types.</summary>
public sealed record StaySaid(
    string Encounter, PersonSaid? Patient, string Status, string? Class, string? Place, string? Bed, string? Reason, PersonSaid? Attending,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, DateOnly? PlannedEnd)
{
    /// <summary>The patient is here: R4 encounter-status.</summary>
    public bool Active => Status is "arrived" or "triaged" or "in-progress" or "onleave";
}

public sealed record PlaceSaid(string Location, string Name, string? PartOf, string? Kind);

/// <summary>The public door of lists for the gateway: who lies where, and what a List that is known holds.</summary>
public sealed class ListDoor(Census census, TeamDoor teams)
{
    /// <summary>Encounters that are over and were never known to be going on say nothing to anybody.</summary>
    public async Task Stays(Tx tx, IReadOnlyList<StaySaid> said)
    {
        if (said.Count == 0) return;
        var known = (await tx.Query<string>("select encounter from collab.stay where tenant = @Tenant and encounter = any(@encounters)", new { tx.Tenant, encounters = said.Select(s => s.Encounter).ToArray() })).ToHashSet();
        var changed = new List<Guid>();
        foreach (var s in said.Where(s => s.Active && s.Patient is not null || known.Contains(s.Encounter)))
        {
            if (s.Patient is null)
            {
                changed.AddRange(await tx.Query<Guid>("update collab.stay set active = false, status = @Status, ended_at = @Now where tenant = @Tenant and encounter = @Encounter returning id", new { tx.Tenant, tx.Now, s.Status, s.Encounter }));
                continue;
            }
            var patient = await PeopleSql.FindOrMake(tx, s.Patient);
            var attending = s.Attending is null ? null : await PeopleSql.FindOrMake(tx, s.Attending);
            changed.AddRange(await tx.Query<Guid>("""
                insert into collab.stay (tenant, id, encounter, patient, status, class, place, bed, reason, attending, started_at, planned_end, ended_at, active)
                values (@Tenant, @id, @Encounter, @patient, @Status, @Class, @Place, @Bed, @Reason, @attending, @StartedAt, @PlannedEnd, @EndedAt, @Active)
                on conflict (tenant, encounter) do update set patient = excluded.patient, status = excluded.status, class = excluded.class, place = excluded.place, bed = excluded.bed, reason = excluded.reason,
                  attending = excluded.attending, started_at = excluded.started_at, planned_end = excluded.planned_end, ended_at = excluded.ended_at, active = excluded.active
                returning id
                """, new { tx.Tenant, id = tx.NewId(), s.Encounter, patient = patient.Id, s.Status, s.Class, s.Place, s.Bed, s.Reason, attending = attending?.Id, s.StartedAt, s.PlannedEnd, s.EndedAt, s.Active }));
        }
        if (changed.Count > 0) await census.Follow(tx, [.. changed]);
    }

    /// <summary>A place that moves into another brings its patients with it.</summary>
    public async Task Places(Tx tx, IReadOnlyList<PlaceSaid> said, IReadOnlyList<string> gone)
    {
        var moved = false;
        foreach (var p in said)
        {
            var before = await tx.OneOrNone<Place>("select location, name, part_of as PartOf, kind from collab.place where tenant = @Tenant and location = @Location for update", new { tx.Tenant, p.Location });
            await tx.Execute("""
                insert into collab.place (tenant, location, name, part_of, kind) values (@Tenant, @Location, @Name, @PartOf, @Kind)
                on conflict (tenant, location) do update set name = excluded.name, part_of = excluded.part_of, kind = excluded.kind
                """, new { tx.Tenant, p.Location, p.Name, p.PartOf, p.Kind });
            moved |= before?.PartOf != p.PartOf;
        }
        if (gone.Count > 0) moved |= await tx.Execute("delete from collab.place where tenant = @Tenant and location = any(@gone)", new { tx.Tenant, gone = gone.ToArray() }) > 0;
        if (moved) await census.Follow(tx, null);
    }

    /// <summary>The patients of a list as a handover begins with them; null where the caller has no such list.</summary>
    /// <param name="list">Null: of all lists of the team.</param>
    /// <param name="mine">Only rows that name the caller in a column of people.</param>
    public async Task<IReadOnlyList<ListedPatient>?> Patients(Tx tx, Caller caller, Guid team, Guid? list, bool mine)
    {
        var lists = list is { } one ? [one] : await tx.Query<Guid>("select id from collab.list where tenant = @Tenant and team = @team and removed_at is null order by created_at, id", new { tx.Tenant, team });
        var found = new Dictionary<Guid, ListedPatient>();
        foreach (var id in lists)
        {
            var open = await ListSql.Open(tx, teams, caller, id);
            if (!open.Ok || open.Value.Team != team) return null;
            foreach (var row in await ListSql.Rows(tx, id, "active"))
            {
                if (row.Patient is null || (mine && !Named(open.Value, row, caller.Person))) continue;
                var listed = ListedPatient.Of(open.Value, row);
                found[row.Patient.Value] = found.TryGetValue(row.Patient.Value, out var before) ? before.With(listed) : listed;
            }
        }
        return [.. found.Values];
    }

    /// <summary>Something that lists show of these patients changed elsewhere (flags, tasks): the pages of lists they are on look again.</summary>
    public static async Task LookAgain(Tx tx, IReadOnlyCollection<Guid> patients)
    {
        if (patients.Count == 0) return;
        var lists = await tx.Query<Guid>("""
            with concerned as (
              select distinct r.list, r.id from collab.list_row r join collab.list l on l.tenant = r.tenant and l.id = r.list and l.removed_at is null
              where r.tenant = @Tenant and r.patient = any(@patients) and r.state = 'active'),
            locked as (select l.id from collab.list l where l.tenant = @Tenant and l.id in (select list from concerned) order by l.id for update),
            next as (update collab.list l set seq = seq + 1 from locked where l.tenant = @Tenant and l.id = locked.id returning l.id, l.seq),
            rows as (update collab.list_row r set seq = next.seq from concerned c join next on next.id = c.list where r.tenant = @Tenant and r.id = c.id)
            select id from next order by id
            """, new { tx.Tenant, patients = patients.ToArray() });
        foreach (var list in lists) tx.Publish("list.changed", $"list/{list}");
    }

    /// <summary>The lists of a team, to hand over from.</summary>
    public Task<IReadOnlyList<(Guid Id, string Name)>> Of(Tx tx, Guid team) =>
        tx.Query<(Guid, string)>("select id, name from collab.list where tenant = @Tenant and team = @team and removed_at is null order by (kind = 'census') desc, lower(name), id", new { tx.Tenant, team });

    private static bool Named(PatientList list, ListRow row, Guid? person) =>
        person is { } me && list.Columns.Any(c => c.Type == ColumnType.Person && row.At(c.Id).Text is { } text && Guid.TryParse(text, out var id) && id == me);

    public Task<bool> Knows(Tx tx, string fhirId) => tx.Scalar<bool>("select exists (select from collab.list where tenant = @Tenant and fhir_id = @fhirId and removed_at is null)", new { tx.Tenant, fhirId });

    /// <summary>A List that names a team becomes a list of it: its entries are the rows, in their order.</summary>
    public async Task<Problem?> Make(Tx tx, string fhirId, Guid team, string? title, IReadOnlyList<PersonSaid> patients)
    {
        var archived = await tx.Scalar<bool?>("select archived_at is not null from collab.team where tenant = @Tenant and id = @team", new { tx.Tenant, team });
        if (archived is null) return Problem.Unprocessable("There is no such team here.", "List.extension", "not-found");
        if (archived.Value) return Problem.Conflict("The team of this list is archived: it can be read, not changed.", "team-archived");
        if (tx.Actor.Caller is { Kind: not CallerKind.System } caller && await teams.May(tx, caller, team, TeamRole.Member, change: true) is { Ok: false } no) return no.Problem;
        if (await tx.Scalar<bool>("select exists (select from collab.list where tenant = @Tenant and fhir_id = @fhirId)", new { tx.Tenant, fhirId })) return Problem.Conflict("This list was removed by its team. Send another one.", "list-removed");
        if (TeamLists.Blank(title) is not { Length: <= 200 } name) return Problem.Unprocessable("A list needs a name of at most 200 characters.", "List.title", "list-name");
        var list = tx.NewId();
        await TeamLists.Insert(tx, list, new ListAsked(team, name), tx.Actor.Caller?.Person, fhirId);
        tx.Publish("list.created", $"list/{list}", data: new { team });
        return await Entries(tx, fhirId, null, patients);
    }

    /// <summary>Entries of a List of ours, put by FHIR: who is new comes, who is missing goes. A census keeps its own patients; nobody else's list is touched.</summary>
    /// <returns>Null when it was done, or is no list of ours.</returns>
    public async Task<Problem?> Entries(Tx tx, string fhirId, string? title, IReadOnlyList<PersonSaid> patients)
    {
        var found = await tx.OneOrNone<(Guid Id, Guid Team, string Kind, bool Archived, string Name)?>("""
            select l.id, l.team, l.kind, t.archived_at is not null, l.name from collab.list l join collab.team t on t.tenant = l.tenant and t.id = l.team
            where l.tenant = @Tenant and l.fhir_id = @fhirId and l.removed_at is null for update of l
            """, new { tx.Tenant, fhirId });
        if (found is not { } list) return null;
        if (list.Archived) return Problem.Conflict("The team of this list is archived: it can be read, not changed.", "team-archived");
        // A person's own app may no more than the person; a system's token is the hospital's.
        if (tx.Actor.Caller is { Kind: not CallerKind.System } caller && await teams.May(tx, caller, list.Team, TeamRole.Member, change: true) is { Ok: false } no) return no.Problem;
        if (TeamLists.Blank(title) is { } name && name != list.Name)
        {
            if (name.Length > 200) return Problem.Unprocessable("A list needs a name of at most 200 characters.", "List.title", "list-name");
            await tx.Execute("update collab.list set name = @name, version = version + 1 where tenant = @Tenant and id = @Id", new { tx.Tenant, list.Id, name });
            await ListSql.Next(tx, list.Id, columns: true);
            tx.Publish("list.renamed", $"list/{list.Id}");
        }
        var said = await PeopleSql.FindOrMake(tx, patients);
        var now = await ListSql.Rows(tx, list.Id, "active");
        var come = said.Select(p => p.Id).Distinct().Except(now.Select(r => r.Patient).OfType<Guid>()).ToList();
        var gone = now.Where(r => r.Patient is { } p && said.All(x => x.Id != p)).ToList();
        if (list.Kind == "census" && gone.Any(r => r.FromCensus && !r.Pinned)) return Problem.Unprocessable("The patients of a census list come from their Encounters; end the Encounter instead of taking the entry out.", "List.entry", "list-census");
        var columns = await ListSql.Columns(tx, list.Id);
        if (now.Count - gone.Count + come.Count > ListRows.MostRows) return Problem.Unprocessable($"A list has at most {ListRows.MostRows:N0} rows.", "List.entry", "list-full");
        var nth = 0; // in the order of the entries
        foreach (var patient in come)
        {
            var id = tx.NewId();
            await ListRows.Insert(tx, list.Id, id, patient, null, [.. columns.Where(c => c is { Typed: true, IsUnique: false, DefaultJson: not null }).Select(c => (c, System.Text.Json.Nodes.JsonNode.Parse(c.DefaultJson!)!))], nth++);
            tx.Publish("list.row-added", $"list/{list.Id}", $"person/{patient}", new { row = id });
        }
        if (gone.Count > 0)
        {
            var seq = await ListSql.Next(tx, list.Id);
            await tx.Execute("""
                update collab.list_row set state = 'removed', removed_at = @Now, seq = @seq where tenant = @Tenant and id = any(@rows);
                delete from collab.list_unique where tenant = @Tenant and row = any(@rows)
                """, new { tx.Tenant, tx.Now, seq, rows = gone.Select(r => r.Id).ToArray() });
            foreach (var r in gone) tx.Publish("list.row-removed", $"list/{list.Id}", $"person/{r.Patient}", new { row = r.Id });
        }
        return null;
    }
}
