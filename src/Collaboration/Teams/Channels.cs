namespace HealthTeams.Collaboration.Teams;

public sealed record Channel
{
    public Guid Id { get; init; }
    public string Name { get; init; } = "";
    public string? Description { get; init; }
    public bool Favourite { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public IReadOnlyList<ChannelTab> Tabs { get; init; } = [];
}

public sealed record ChannelTab
{
    public Guid Id { get; init; }
    public Guid Channel { get; init; }
    public string Name { get; init; } = "";
    public string App { get; init; } = "";
    public string? Target { get; init; }
}

/// <summary>A team's channels and tabs (TC-06 to TC-09). Members change them unless the team's settings keep it to owners (TC-02).</summary>
public sealed class Channels(Db db, TeamDoor door)
{
    /// <summary>A deleted channel can be brought back this long (TC-08).</summary>
    public static readonly TimeSpan RestorableFor = TimeSpan.FromDays(30);

    public Task<Outcome<bool>> Add(Caller caller, Guid team, ChannelPlan plan, CancellationToken stop) => Change(caller, team, "allowCreateUpdateChannels", async tx =>
    {
        if (Fault(plan) is { } fault) return fault;
        if (await tx.Scalar<int>("select count(*)::int from collab.channel where tenant = @Tenant and team = @team", new { tx.Tenant, team }) >= 1000)
            return Problem.Unprocessable("A team has at most 1000 channels, deleted ones included.", "name", "channels-full");
        if (await Taken(tx, team, plan.Name, null)) return NameTaken;
        await ChannelSql.Add(tx, team, [plan]);
        tx.Publish("team.channel-added", $"team/{team}");
        return true;
    }, stop);

    public Task<Outcome<bool>> Rename(Caller caller, Guid team, Guid channel, ChannelPlan plan, CancellationToken stop) => Change(caller, team, "allowCreateUpdateChannels", async tx =>
    {
        if (Fault(plan) is { } fault) return fault;
        if (await Taken(tx, team, plan.Name, channel)) return NameTaken;
        if (await tx.Execute($"""
            update collab.channel k set name = @Name, description = @Description, favourite = @Favourite where tenant = @Tenant and team = @team and id = @channel and deleted_at is null and {ChannelSql.Seen}
            """, new { tx.Tenant, team, channel, caller.Person, Name = plan.Name.Trim(), plan.Description, plan.Favourite }) == 0) return Unknown;
        tx.Publish("team.channel-changed", $"team/{team}", data: new { channel });
        return true;
    }, stop);

    public Task<Outcome<bool>> Delete(Caller caller, Guid team, Guid channel, CancellationToken stop) => Change(caller, team, "allowDeleteChannels", async tx =>
    {
        if (await tx.Scalar<string>($"select name from collab.channel k where tenant = @Tenant and team = @team and id = @channel and deleted_at is null and {ChannelSql.Seen}", new { tx.Tenant, team, channel, caller.Person }) is not { } name) return Unknown;
        if (name.Equals("General", StringComparison.OrdinalIgnoreCase)) return Problem.Conflict("General stays: every team has it.", "channel-general");
        await tx.Execute("update collab.channel set deleted_at = @Now where tenant = @Tenant and id = @channel", new { tx.Tenant, tx.Now, channel });
        tx.Publish("team.channel-deleted", $"team/{team}", data: new { channel });
        return true;
    }, stop);

    public Task<Outcome<bool>> Restore(Caller caller, Guid team, Guid channel, CancellationToken stop) => Change(caller, team, "allowDeleteChannels", async tx =>
    {
        var name = await tx.Scalar<string>($"""
            select name from collab.channel k where tenant = @Tenant and team = @team and id = @channel and deleted_at > @since and {ChannelSql.Seen}
            """, new { tx.Tenant, team, channel, caller.Person, since = tx.Now - RestorableFor });
        if (name is null) return Unknown;
        if (await Taken(tx, team, name, channel)) return NameTaken;
        await tx.Execute("update collab.channel set deleted_at = null where tenant = @Tenant and id = @channel", new { tx.Tenant, channel });
        tx.Publish("team.channel-restored", $"team/{team}", data: new { channel });
        return true;
    }, stop);

    public Task<Outcome<bool>> AddTab(Caller caller, Guid team, Guid channel, TabPlan tab, CancellationToken stop) => Change(caller, team, "allowCreateUpdateRemoveTabs", async tx =>
    {
        if (TemplateRules.Check(TemplateContent.Empty with { Name = "x", Channels = [new ChannelPlan("General", null, true, [tab])] }) is { } fault) return fault with { Where = "tab" };
        if (!await tx.Scalar<bool>($"select exists (select from collab.channel k where tenant = @Tenant and team = @team and id = @channel and deleted_at is null and {ChannelSql.Seen})", new { tx.Tenant, team, channel, caller.Person })) return Unknown;
        if (await tx.Scalar<int>("select count(*)::int from collab.channel_tab where tenant = @Tenant and channel = @channel", new { tx.Tenant, channel }) >= TemplateRules.Tabs)
            return Problem.Unprocessable($"A channel has at most {TemplateRules.Tabs} tabs.", "tab", "tabs-full");
        await ChannelSql.AddTabs(tx, [(channel, tab)]);
        tx.Publish("team.tab-added", $"team/{team}", data: new { channel });
        return true;
    }, stop);

    public Task<Outcome<bool>> RemoveTab(Caller caller, Guid team, Guid tab, CancellationToken stop) => Change(caller, team, "allowCreateUpdateRemoveTabs", async tx =>
    {
        if (await tx.Execute($"""
            delete from collab.channel_tab t using collab.channel k where t.tenant = @Tenant and t.id = @tab and k.tenant = t.tenant and k.id = t.channel and k.team = @team and {ChannelSql.Seen}
            """, new { tx.Tenant, team, tab, caller.Person }) == 0) return Problem.NotFound("There is no such tab.", "tab-unknown");
        tx.Publish("team.tab-removed", $"team/{team}");
        return true;
    }, stop);

    private static readonly Problem Unknown = Problem.NotFound("There is no such channel.", "channel-unknown");
    private static readonly Problem NameTaken = Problem.Conflict("The team has a channel of this name.", "channel-name");

    private static Problem? Fault(ChannelPlan plan) =>
        TemplateRules.ChannelName(plan.Name) is { } fault ? Problem.Unprocessable(fault, "name", "channel-name-broken")
        : plan.Description?.Length > 1024 ? Problem.Unprocessable("A description has at most 1024 characters.", "description", "channel-description") : null;

    private static Task<bool> Taken(Tx tx, Guid team, string name, Guid? but) => tx.Scalar<bool>("""
        select exists (select from collab.channel where tenant = @Tenant and team = @team and deleted_at is null and lower(name) = lower(@name) and id is distinct from @but)
        """, new { tx.Tenant, team, name = name.Trim(), but });

    private Task<Outcome<bool>> Change(Caller caller, Guid team, string setting, Func<Tx, Task<Outcome<bool>>> change, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            var members = await tx.Scalar<bool?>("select (settings ->> @setting)::boolean from collab.team where tenant = @Tenant and id = @team for update", new { tx.Tenant, team, setting }) ?? true;
            var may = await door.May(tx, caller, team, members ? TeamRole.Member : TeamRole.Owner, change: true);
            if (!may.Ok) return may.Problem;
            var done = await change(tx);
            return done.Ok ? done : tx.Abandon(done);
        }, stop);
}

internal static class ChannelSql
{
    /// <summary>Of a row k of collab.channel: a private one is there for its own people alone, here @person.</summary>
    public const string Seen = "(k.membership <> 'private' or exists (select from collab.channel_member o where o.tenant = k.tenant and o.channel = k.id and o.person = @person))";

    public static async Task Add(Tx tx, Guid team, IReadOnlyList<ChannelPlan> channels)
    {
        var ids = channels.Select(_ => tx.NewId()).ToArray();
        await tx.Execute("""
            insert into collab.channel (tenant, id, team, name, description, favourite, position, created_at)
            select @Tenant, c.id, @team, c.name, c.description, c.favourite,
              c.n + (select coalesce(max(position), 0) from collab.channel where tenant = @Tenant and team = @team), @Now
            from unnest(@ids, @names, @descriptions, @favourites) with ordinality as c (id, name, description, favourite, n)
            """, new
        {
            tx.Tenant, tx.Now, team, ids, names = channels.Select(c => c.Name.Trim()).ToArray(), descriptions = channels.Select(c => c.Description).ToArray(),
            favourites = channels.Select(c => c.Favourite).ToArray(),
        });
        await AddTabs(tx, [.. channels.SelectMany((c, i) => c.Tabs.Select(t => (ids[i], t)))]);
    }

    public static async Task AddTabs(Tx tx, IReadOnlyList<(Guid Channel, TabPlan Tab)> tabs)
    {
        if (tabs.Count == 0) return;
        await tx.Execute("""
            insert into collab.channel_tab (tenant, id, channel, name, app, target, position)
            select @Tenant, t.id, t.channel, t.name, t.app, t.target, t.n + (select coalesce(max(position), 0) from collab.channel_tab o where o.tenant = @Tenant and o.channel = t.channel)
            from unnest(@ids, @channels, @names, @apps, @targets) with ordinality as t (id, channel, name, app, target, n)
            """, new
        {
            tx.Tenant, ids = tabs.Select(_ => tx.NewId()).ToArray(), channels = tabs.Select(t => t.Channel).ToArray(), names = tabs.Select(t => t.Tab.Name.Trim()).ToArray(),
            apps = tabs.Select(t => t.Tab.App).ToArray(), targets = tabs.Select(t => t.Tab.App == "website" ? t.Tab.Target : null).ToArray(),
        });
    }
}
