using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>A list as it is asked for: from scratch, from a template, from another list's structure, or from a table.</summary>
public sealed record ListAsked(Guid Team, string Name)
{
    public string? Description { get; init; }
    public IReadOnlyList<ColumnAsked> Columns { get; init; } = [];
    public CensusAsked? Census { get; init; }
}

/// <summary>Which stays are the rows; at least one of them.</summary>
/// <param name="Place">A FHIR Location's id; places within it count.</param>
public sealed record CensusAsked(string? Place, string? Class = null, string? Status = null, Guid? Attending = null);

/// <summary>The lists of one's teams (LS-01, LS-07, LS-08): who may make, name, share and remove them.</summary>
public sealed class TeamLists(Db db, TeamDoor teams, Census census, ProjectFhir project)
{
    public static readonly TimeSpan UndoFor = TimeSpan.FromSeconds(10);
    public const int MostLists = 200;

    public Task<IReadOnlyList<PatientList>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<PatientList>("""
        select l.id, l.team, t.name as TeamName, m.role, t.archived_at is not null as Archived, l.name, l.description, l.kind, l.version, l.created_by as CreatedBy, l.members_change_columns as MembersChangeColumns,
          (select count(*)::int from collab.list_row r where r.tenant = l.tenant and r.list = l.id and r.state = 'active') as Rows
        from collab.team_member m
        join collab.team t on t.tenant = m.tenant and t.id = m.team
        join collab.list l on l.tenant = m.tenant and l.team = m.team
        where m.tenant = @Tenant and m.person = @Person and l.removed_at is null and t.archived_at is null
        order by lower(t.name), lower(l.name), l.id
        """, new { tx.Tenant, caller.Person }), stop);

    public Task<IReadOnlyList<Team>> Teams(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        (IReadOnlyList<Team>)[.. (await teams.Mine(tx, caller.Person)).Where(t => t.Role >= TeamRole.Member)], stop);

    public Task<IReadOnlyList<Place>> Places(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Place>("""
        select location, name, part_of as PartOf, kind from collab.place where tenant = @Tenant and kind is distinct from 'bd' order by lower(name), location limit 500
        """, new { tx.Tenant }), stop);

    public Task<Outcome<Guid>> Create(Caller caller, ListAsked asked, CancellationToken stop) =>
        db.In(caller.Tenant, caller.Actor, tx => Create(tx, caller, asked), stop);

    /// <summary>One transaction: the list, its columns and, of a census, the rows that are there now.</summary>
    internal async Task<Outcome<Guid>> Create(Tx tx, Caller caller, ListAsked asked)
    {
        var may = await teams.May(tx, caller, asked.Team, TeamRole.Member, change: true);
        if (!may.Ok) return tx.Abandon<Outcome<Guid>>(may.Problem);
        if (await Refuse(tx, asked) is { } refused) return tx.Abandon<Outcome<Guid>>(refused);
        var id = tx.NewId();
        await Insert(tx, id, asked, caller.Person);
        if (asked.Census is not null) await census.Fill(tx, id);
        tx.Publish("list.created", $"list/{id}", data: new { asked.Team });
        await project(tx, "list", id);
        return id;
    }

    /// <param name="fhirId">The logical id it came with by FHIR; what is made on a page has its own.</param>
    internal static async Task Insert(Tx tx, Guid id, ListAsked asked, Guid? by, string? fhirId = null)
    {
        await tx.Execute("""
            insert into collab.list (tenant, id, fhir_id, team, name, description, kind, census_place, census_class, census_status, census_attending, created_at, created_by)
            values (@Tenant, @id, @fhir, @Team, @name, @description, @kind, @Place, @Class, @Status, @Attending, @Now, @by)
            """, new
        {
            tx.Tenant, tx.Now, id, fhir = fhirId ?? id.ToString(), asked.Team, name = asked.Name.Trim(), description = Blank(asked.Description), by, kind = asked.Census is null ? "free" : "census",
            Place = Blank(asked.Census?.Place), Class = Blank(asked.Census?.Class), Status = Blank(asked.Census?.Status), asked.Census?.Attending,
        });
        for (var i = 0; i < asked.Columns.Count; i++) await ListColumns.Insert(tx, id, asked.Columns[i], i);
    }

    private static async Task<Problem?> Refuse(Tx tx, ListAsked asked)
    {
        if (asked.Name.Trim().Length is 0 or > 200) return Problem.Unprocessable("A list needs a name of at most 200 characters.", "name", "list-name");
        if (asked.Description?.Length > 1024) return Problem.Unprocessable("A description has at most 1,024 characters.", "description", "list-description");
        if (asked.Columns.Count > ColumnRules.MostColumns) return Problem.Unprocessable($"A list has at most {ColumnRules.MostColumns} columns.", "columns", "list-columns");
        if (asked.Columns.GroupBy(c => c.Name.Trim(), StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice) return Problem.Unprocessable($"Two columns are called {twice.Key}.", "columns", "list-column");
        if (asked.Columns.Select(ColumnRules.Check).FirstOrDefault(p => p is not null) is { } wrong) return wrong;
        if (asked.Census is { } c && Blank(c.Place) is null && Blank(c.Class) is null && Blank(c.Status) is null && c.Attending is null) return Problem.Unprocessable("A census needs a ward, or another thing to choose its patients by.", "place", "list-census");
        if (Blank(asked.Census?.Place) is { } place && !await tx.Scalar<bool>("select exists (select from collab.place where tenant = @Tenant and location = @place)", new { tx.Tenant, place })) return Problem.Unprocessable("There is no such place in this hospital.", "place", "list-census");
        return await tx.Scalar<int>("select count(*)::int from collab.list where tenant = @Tenant and team = @Team and removed_at is null", new { tx.Tenant, asked.Team }) >= MostLists
            ? Problem.Unprocessable($"A team has at most {MostLists} lists. Remove those that are not used.", null, "list-limit") : null;
    }

    /// <summary>Name, description and the switch; the switch is the owners'.</summary>
    public Task<Outcome<bool>> Change(Caller caller, Guid list, int version, string name, string? description, bool membersChangeColumns, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            var opened = await ListSql.Open(tx, teams, caller, list, TeamRole.Member, change: true);
            if (!opened.Ok) return opened.Problem;
            var l = opened.Value;
            if (!l.MayShape) return NotShaping;
            if (l.MembersChangeColumns != membersChangeColumns && l.Role != TeamRole.Owner) return Problem.Forbidden("Who may change the columns is for the owners of the team to say.", "list-owner");
            if (await Refuse(tx, new ListAsked(Guid.Empty, name) { Description = description }) is { } refused) return refused;
            if (l.Version != version) return Problem.Conflict($"Somebody else changed this list meanwhile. It is called {l.Name} now.", "list-changed");
            await tx.Execute("""
                update collab.list set name = @name, description = @description, members_change_columns = @membersChangeColumns, version = version + 1 where tenant = @Tenant and id = @list
                """, new { tx.Tenant, list, name = name.Trim(), description = Blank(description), membersChangeColumns });
            await ListSql.Next(tx, list, columns: true);
            tx.Publish(l.Name == name.Trim() ? "list.changed" : "list.renamed", $"list/{list}");
            await project(tx, "list", list);
            return true;
        }, stop);

    public Task<Outcome<bool>> Remove(Caller caller, Guid list, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var opened = await ListSql.Open(tx, teams, caller, list, TeamRole.Member, change: true);
        if (!opened.Ok) return opened.Problem;
        if (!opened.Value.MayRemove(caller.Person)) return Problem.Forbidden("A list is removed by an owner of the team, or by who made it.", "list-owner");
        await tx.Execute("update collab.list set removed_at = @Now where tenant = @Tenant and id = @list", new { tx.Tenant, tx.Now, list });
        tx.Publish("list.removed", $"list/{list}");
        await project(tx, "list", list);
        return true;
    }, stop);

    public Task<Outcome<bool>> Restore(Caller caller, Guid list, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var opened = await ListSql.Open(tx, teams, caller, list, TeamRole.Member, change: true, removed: true);
        if (!opened.Ok) return opened.Problem;
        if (opened.Value.RemovedAt is not { } at) return true;
        if (!opened.Value.MayRemove(caller.Person)) return Problem.Forbidden("A list is brought back by an owner of the team, or by who made it.", "list-owner");
        if (tx.Now > at + UndoFor) return Problem.Conflict("Ten seconds have passed, so this can no longer be undone here.", "undo-late");
        await tx.Execute("update collab.list set removed_at = null where tenant = @Tenant and id = @list", new { tx.Tenant, list });
        if (opened.Value.Census) await census.Fill(tx, list);
        tx.Publish("list.restored", $"list/{list}");
        await project(tx, "list", list);
        return true;
    }, stop);

    internal static readonly Problem NotShaping = Problem.Forbidden("The owners of this team keep the shape of this list to themselves.", "list-shape");

    internal static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>A ward, a room, as the EHR names it.</summary>
public sealed record Place
{
    public string Location { get; init; } = "";
    public string Name { get; init; } = "";
    public string? PartOf { get; init; }
    public string? Kind { get; init; }
}
