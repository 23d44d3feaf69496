using System.Security.Cryptography;
using System.Text;
using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>One of my shifts, or one I may take.</summary>
/// <param name="Elsewhere">An open shift of a sibling team (SH-23).</param>
public sealed record MyShift(ShiftItem Item, string Team, string? Group, string? Reason, bool Elsewhere = false);

/// <summary>A request with the names and shifts its reader needs.</summary>
public sealed record RequestView
{
    public required ShiftRequest Request { get; init; }
    public required string Team { get; init; }
    public required IReadOnlyDictionary<Guid, string> Names { get; init; }
    public required IReadOnlyDictionary<Guid, ShiftItem> Shifts { get; init; }
    public string? Reason { get; init; }
    public bool Manager { get; init; }

    /// <summary>What it would break now, for whoever decides.</summary>
    public IReadOnlyList<Broken> Broken { get; init; } = [];

    public string Name(Guid? person) => person is { } p && Names.TryGetValue(p, out var name) ? name : "unknown";
}

/// <summary>What one person sees of shifts: their own, those they may take, the requests that concern them, who is at work now.</summary>
public sealed class MyShifts(Db db, ShiftAccess access, ShiftDecisions decisions, ShiftDoor door)
{
    public Task<IReadOnlyList<MyShift>> Mine(Caller caller, DateTimeOffset from, DateTimeOffset to, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => Mine(tx, caller.Person, from, to), stop);

    private static async Task<IReadOnlyList<MyShift>> Mine(Tx tx, Guid? person, DateTimeOffset from, DateTimeOffset to) => await Views(tx, await tx.Query<ShiftItem>($"""
        select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.person = @person and not s.draft and s.starts_at < @to and s.ends_at > @from order by s.starts_at, s.id
        """, new { tx.Tenant, person, from, to }), []);

    /// <summary>Open shifts of my groups, and of groups of the same name in teams that share theirs.</summary>
    public Task<IReadOnlyList<MyShift>> Open(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<MyShift>>(caller.Tenant, caller.Actor, async tx =>
    {
        var mine = (await tx.Query<Guid>("select team from collab.team_member where tenant = @Tenant and person = @Person and role <> 'Guest'", new { tx.Tenant, caller.Person })).ToHashSet();
        var items = await tx.Query<ShiftItem>($"""
            select {ShiftItem.Columns} from collab.shift s
            join collab.schedule c on c.tenant = s.tenant and c.team = s.team and c.enabled and c.open_shifts
            join collab.shift_group g on g.tenant = s.tenant and g.id = s.shift_group
            where s.tenant = @Tenant and s.kind = 'open' and not s.draft and s.slots > 0 and s.starts_at > @Now and (
              (s.team = any(@teams) and exists (select from collab.shift_group_member m where m.tenant = s.tenant and m.shift_group = g.id and m.person = @Person))
              or (c.cross_location and not s.team = any(@teams) and exists (
                select from collab.shift_group h join collab.schedule o on o.tenant = h.tenant and o.team = h.team and o.cross_location and o.enabled
                join collab.shift_group_member m on m.tenant = h.tenant and m.shift_group = h.id and m.person = @Person
                where h.tenant = s.tenant and h.active and h.team = any(@teams) and lower(h.name) = lower(g.name)
                  and not exists (select from collab.workforce w where w.tenant = h.tenant and w.team in (h.team, s.team)))))
            order by s.starts_at, s.id limit 200
            """, new { tx.Tenant, tx.Now, caller.Person, teams = mine.ToArray() });
        return await Views(tx, items, mine);
    }, stop);

    private static async Task<IReadOnlyList<MyShift>> Views(Tx tx, IReadOnlyList<ShiftItem> items, HashSet<Guid> mine)
    {
        if (items.Count == 0) return [];
        var (teams, groups) = await tx.Query<(Guid Id, string Name), (Guid Id, string Name)>(
            ("select id, name from collab.team where tenant = @Tenant and id = any(@ids)", new { tx.Tenant, ids = items.Select(i => i.Team).Distinct().ToArray() }),
            ("select id, name from collab.shift_group where tenant = @Tenant and id = any(@groups) union all select id, name from collab.time_off_reason where tenant = @Tenant and id = any(@reasons)",
                new { tx.Tenant, groups = items.Select(i => i.Group).OfType<Guid>().Distinct().ToArray(), reasons = items.Select(i => i.Reason).OfType<Guid>().Distinct().ToArray() }));
        var team = teams.ToDictionary(t => t.Id, t => t.Name);
        var name = groups.ToDictionary(g => g.Id, g => g.Name);
        return [.. items.Select(i => new MyShift(i, team[i.Team], i.Group is { } g ? name.GetValueOrDefault(g) : null, i.Reason is { } r ? name.GetValueOrDefault(r) : null, mine.Count > 0 && !mine.Contains(i.Team)))];
    }

    /// <summary>Requests that I sent or was asked; the last hundred.</summary>
    public Task<IReadOnlyList<RequestView>> Requests(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<RequestView>>(caller.Tenant, caller.Actor, async tx => await Views(tx, await tx.Query<ShiftRequest>($"""
        select {ShiftRequest.Columns} from collab.shift_request r where r.tenant = @Tenant and (r.sender = @Person or r.recipient = @Person) and r.state <> 'withdrawn'
        order by (r.state = 'pending') desc, r.changed_at desc limit 100
        """, new { tx.Tenant, caller.Person }), false), stop);

    /// <summary>All requests of a team, for who decides them: those that wait first.</summary>
    public Task<Outcome<TeamRequests>> Requests(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<TeamRequests>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (!place.Value.Decides) return Problem.Forbidden("All requests are for the owners of the schedule; yours are on your own page.", "not-manager");
        var found = await Views(tx, await tx.Query<ShiftRequest>($"""
            select {ShiftRequest.Columns} from collab.shift_request r where r.tenant = @Tenant and r.team = @team and r.state <> 'withdrawn'
            order by (r.state = 'pending') desc, (r.assigned_to = 'manager') desc, r.changed_at desc limit 200
            """, new { tx.Tenant, team }), true);
        var checkedNow = new List<RequestView>();
        foreach (var view in found) checkedNow.Add(view.Request is { State: "pending", AssignedTo: "manager" } ? await WithBroken(tx, place.Value.Schedule, view) : view);
        return new TeamRequests(place.Value, checkedNow);
    }, stop);

    public Task<Outcome<RequestView>> Request(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<RequestView>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await RequestSql.Find(tx, id) is not { State: not "withdrawn" } request) return RequestSql.Unknown;
        var manager = (await ShiftAccess.Managers(tx, request.Team)).Contains(caller.Person ?? Guid.Empty);
        if (!manager && caller.Person != request.Sender && caller.Person != request.Recipient) return RequestSql.Unknown;
        var view = (await Views(tx, [request], manager))[0];
        return manager && request.State == "pending" && await ShiftAccess.Schedule(tx, request.Team) is { } schedule ? await WithBroken(tx, schedule, view) : view;
    }, stop);

    private async Task<RequestView> WithBroken(Tx tx, Schedule schedule, RequestView view)
    {
        var shifts = view.Shifts.ToDictionary();
        return view.Request.Shifts.All(shifts.ContainsKey) ? view with { Broken = await decisions.Broken(tx, schedule, view.Request, shifts) } : view;
    }

    private static async Task<IReadOnlyList<RequestView>> Views(Tx tx, IReadOnlyList<ShiftRequest> requests, bool manager)
    {
        if (requests.Count == 0) return [];
        var shifts = await ShiftSql.Shared(tx, requests.SelectMany(r => r.Shifts).Distinct());
        var (people, teams) = await tx.Query<Person, (Guid Id, string Name)>(
            ("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)", new { tx.Tenant, people = requests.SelectMany(r => new[] { r.Sender, r.Recipient, r.Manager }.OfType<Guid>()).Distinct().ToArray() }),
            ("select id, name from collab.team where tenant = @Tenant and id = any(@teams)", new { tx.Tenant, teams = requests.Select(r => r.Team).Distinct().ToArray() }));
        var reasons = (await tx.Query<(Guid Id, string Name)>("select id, name from collab.time_off_reason where tenant = @Tenant and id = any(@reasons)", new { tx.Tenant, reasons = requests.Select(r => r.Reason).OfType<Guid>().Distinct().ToArray() })).ToDictionary(r => r.Id, r => r.Name);
        var names = people.ToDictionary(p => p.Id, p => p.Display);
        var team = teams.ToDictionary(t => t.Id, t => t.Name);
        return [.. requests.Select(r => new RequestView { Request = r, Team = team[r.Team], Names = names, Shifts = shifts, Reason = r.Reason is { } why ? reasons.GetValueOrDefault(why) : null, Manager = manager })];
    }

    /// <summary>Who is at work in the teams of the caller: nobody reads another team's roster by asking who is there.</summary>
    public Task<IReadOnlyList<OnShift>> Now(Caller caller, string? role, CancellationToken stop) => db.In<IReadOnlyList<OnShift>>(caller.Tenant, caller.Actor, async tx =>
    {
        var mine = (await tx.Query<Guid>("select team from collab.team_member where tenant = @Tenant and person = @Person and role <> 'Guest'", new { tx.Tenant, caller.Person })).ToHashSet();
        return [.. (await door.OnShift(tx, null, role, tx.Now)).Where(o => mine.Contains(o.Team))];
    }, stop);

    /// <summary>A new secret for the caller's calendar feed; the one before stops at once.</summary>
    public async Task<string> MakeFeed(Caller caller, CancellationToken stop)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await db.In(caller.Tenant, caller.Actor, tx => tx.Execute("""
            delete from collab.shift_feed where tenant = @Tenant and person = @Person;
            insert into collab.shift_feed (secret, tenant, person, made_at) values (@hash, @Tenant, @Person, @Now)
            """, new { tx.Tenant, tx.Now, caller.Person, hash = Hash(secret) }), stop);
        return secret;
    }

    public Task<int> EndFeed(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Execute("delete from collab.shift_feed where tenant = @Tenant and person = @Person", new { tx.Tenant, caller.Person }), stop);

    public Task<bool> HasFeed(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<bool>("select exists (select from collab.shift_feed where tenant = @Tenant and person = @Person)", new { tx.Tenant, caller.Person }), stop);

    /// <summary>The feed that a secret opens, or null: one's own shared shifts of the last 30 and the next 400 days.</summary>
    public async Task<IReadOnlyList<MyShift>?> Feed(string secret, CancellationToken stop)
    {
        if (secret.Length is < 32 or > 100) return null;
        var found = await db.In<IReadOnlyList<(int Tenant, Guid Person)>>(0, Actor.Product, tx => tx.Query<(int, Guid)>("select tenant, person from collab.feed_of(@hash)", new { hash = Hash(secret) }), stop);
        if (found.Count == 0) return null;
        var (tenant, person) = found[0];
        return await db.In(tenant, Actor.Product, async tx =>
        {
            await tx.Execute("update collab.shift_feed set read_at = @Now where tenant = @Tenant and person = @person", new { tx.Tenant, tx.Now, person });
            return await Mine(tx, person, tx.Now.AddDays(-30), tx.Now.AddDays(400));
        }, stop);
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.ASCII.GetBytes(secret));
}

/// <summary>A team's requests for those who decide.</summary>
public sealed record TeamRequests(ShiftPlace Place, IReadOnlyList<RequestView> All);
