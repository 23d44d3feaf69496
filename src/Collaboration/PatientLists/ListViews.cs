using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>A saved way to look at a list. Without an owner it is the team's.</summary>
public sealed record ListView
{
    public Guid Id { get; init; }
    public Guid? Owner { get; init; }
    public string Name { get; init; } = "";
    public string Query { get; init; } = "";
    public int Version { get; init; }
    public bool Shared => Owner is null;
}

/// <summary>Mine and the team's views. A change of a shared one is for everybody only when the person says so (LS-08).</summary>
public sealed class ListViews(Db db, TeamDoor teams)
{
    public const int Most = 100;

    public Task<IReadOnlyList<ListView>> Of(Caller caller, Guid list, CancellationToken stop) => db.In<IReadOnlyList<ListView>>(caller.Tenant, caller.Actor, async tx =>
        (await ListSql.Open(tx, teams, caller, list)).Ok ? await All(tx, caller, list) : [], stop);

    /// <summary>Saves under a name; one's own view of that name, or the team's, is replaced when its version was seen.</summary>
    public Task<Outcome<Guid>> Save(Caller caller, Guid list, string name, string query, bool forAll, int? seen, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var opened = await ListSql.Open(tx, teams, caller, list, forAll ? TeamRole.Member : TeamRole.Guest, change: true);
        if (!opened.Ok) return opened.Problem;
        if (name.Trim().Length is 0 or > 100) return Problem.Unprocessable("A view needs a name of at most 100 characters.", "name", "view-name");
        var kept = ListLook.Parse(query).ToString();
        if (kept.Length > 4000) return Problem.Unprocessable("This view has more in it than can be kept.", "name", "view-size");
        var views = await All(tx, caller, list);
        if (views.FirstOrDefault(v => v.Shared == forAll && v.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase)) is { } now)
        {
            if (forAll && seen != now.Version) return Problem.Conflict($"The team has a view called {now.Name}. Open it first to change it for everybody, or choose another name.", "view-changed");
            await tx.Execute("update collab.list_view set name = @name, query = @kept, version = version + 1 where tenant = @Tenant and id = @Id", new { tx.Tenant, now.Id, name = name.Trim(), kept });
            if (forAll) tx.Publish("list.view-changed", $"list/{list}", data: new { view = now.Id });
            return now.Id;
        }
        if (views.Count >= Most) return Problem.Unprocessable($"A list has at most {Most} views for one person.", "name", "view-limit");
        var id = tx.NewId();
        await tx.Execute("insert into collab.list_view (tenant, list, id, owner, name, query) values (@Tenant, @list, @id, @owner, @name, @kept)", new { tx.Tenant, list, id, owner = forAll ? null : caller.Person, name = name.Trim(), kept });
        if (forAll) tx.Publish("list.view-changed", $"list/{list}", data: new { view = id });
        return id;
    }, stop);

    public Task<Outcome<bool>> Remove(Caller caller, Guid list, Guid view, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var opened = await ListSql.Open(tx, teams, caller, list, change: true);
        if (!opened.Ok) return opened.Problem;
        if ((await All(tx, caller, list)).FirstOrDefault(v => v.Id == view) is not { } known) return Problem.NotFound("There is no such view.", "view-unknown");
        if (known.Shared && opened.Value.Role < TeamRole.Member) return Problem.Forbidden("A view of the team is removed by its members.", "team-role");
        await tx.Execute("delete from collab.list_view where tenant = @Tenant and list = @list and id = @view", new { tx.Tenant, list, view });
        if (known.Shared) tx.Publish("list.view-changed", $"list/{list}", data: new { view });
        return true;
    }, stop);

    private static Task<IReadOnlyList<ListView>> All(Tx tx, Caller caller, Guid list) => tx.Query<ListView>("""
        select id, owner, name, query, version from collab.list_view where tenant = @Tenant and list = @list and (owner is null or owner = @Person) order by owner is not null, lower(name)
        """, new { tx.Tenant, list, caller.Person });
}
