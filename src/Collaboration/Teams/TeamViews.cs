namespace HealthTeams.Collaboration.Teams;

/// <summary>Everything on a team's page.</summary>
/// <param name="Template">Name and version it was made from.</param>
public sealed record TeamPageView(Team Team, TeamRole Role, IReadOnlyList<TeamMember> Members, IReadOnlyList<Channel> Channels, IReadOnlyList<string> Apps, (Guid Id, string Name, int Version)? Template);

/// <summary>Teams as their members see them.</summary>
public sealed class TeamViews(Db db, TeamDoor door)
{
    public Task<IReadOnlyList<Team>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => door.Mine(tx, caller.Person), stop);

    /// <summary>Public teams the caller is not in, and archived ones of the caller.</summary>
    public Task<IReadOnlyList<Team>> Others(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<Team>("""
        select t.id, t.name, t.description, t.visibility, t.archived_at as ArchivedAt, m.role, t.version,
          (select count(*)::int from collab.team_member o where o.tenant = t.tenant and o.team = t.id) as Members
        from collab.team t left join collab.team_member m on m.tenant = t.tenant and m.team = t.id and m.person = @Person
        where t.tenant = @Tenant and (t.archived_at is null and t.visibility = 'public' and m.person is null or t.archived_at is not null and m.person is not null)
        order by lower(t.name) limit 500
        """, new { tx.Tenant, caller.Person }), stop);

    public Task<Outcome<TeamPageView>> Page(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<TeamPageView>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await door.May(tx, caller, team, TeamRole.Guest);
        if (!may.Ok) return may.Problem;
        var row = (await tx.OneOrNone<Team>("""
            select id, name, description, visibility, archived_at as ArchivedAt, version from collab.team where tenant = @Tenant and id = @team
            """, new { tx.Tenant, team }))!;
        var made = await tx.Query<(Guid, string, int)>("""
            select t.template, v.content ->> 'name', t.template_version from collab.team t
            join collab.team_template_version v on v.tenant = t.tenant and v.template = t.template and v.version = t.template_version
            where t.tenant = @Tenant and t.id = @team
            """, new { tx.Tenant, team });
        var apps = await tx.Query<string>("select app from collab.team_app where tenant = @Tenant and team = @team order by position", new { tx.Tenant, team });
        return new TeamPageView(row, may.Value.Role, await door.Members(tx, team), await Channels(tx, team, caller.Person), apps, made.Count == 0 ? null : made[0]);
    }, stop);

    internal static async Task<IReadOnlyList<Channel>> Channels(Tx tx, Guid team, Guid? person)
    {
        var (channels, tabs) = await tx.Query<Channel, ChannelTab>(($"""
            select id, name, description, favourite, deleted_at as DeletedAt from collab.channel k
            where tenant = @Tenant and team = @team and (deleted_at is null or deleted_at > @since) and {ChannelSql.Seen}
            order by deleted_at is not null, lower(name) <> 'general', position
            """, new { tx.Tenant, team, person, since = tx.Now - Teams.Channels.RestorableFor }), ("""
            select t.id, t.channel, t.name, t.app, t.target from collab.channel_tab t join collab.channel c on c.tenant = t.tenant and c.id = t.channel
            where t.tenant = @Tenant and c.team = @team order by t.position
            """, new { tx.Tenant, team }));
        var of = tabs.ToLookup(t => t.Channel);
        return [.. channels.Select(c => c with { Tabs = [.. of[c.Id]] })];
    }
}
