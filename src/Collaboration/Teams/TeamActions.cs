using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Teams;

/// <param name="Template">Null: from scratch, with the channel General.</param>
/// <param name="Members">Beside the maker, who owns it. A person named twice gets the greater role.</param>
/// <param name="CareTeam">Logical id of the FHIR CareTeam the members were taken from.</param>
public sealed record NewTeam(string Name, string? Description, string Visibility, Guid? Template, IReadOnlyList<(Guid Person, TeamRole Role)> Members, string? CareTeam = null)
{
    /// <summary>Chosen by who makes it; null is a new one.</summary>
    public Guid? Id { get; init; }
}

/// <summary>Making teams and changing who is in them. Each change is one transaction with its event and the team's CareTeam in FHIR.</summary>
public sealed class TeamActions(Db db, TeamDoor door, ProjectFhir project)
{
    public const int MemberLimit = 5000;

    public Task<Outcome<Guid>> Create(Caller caller, NewTeam asked, CancellationToken stop) =>
        db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (caller.Person is not { } me) return Problem.Forbidden("A team is made by a member of staff.");
            var (content, version) = (TemplateContent.Empty, (int?)null);
            if (asked.Template is { } template)
            {
                if (await TemplateSql.Find(tx, template) is not { } found || !found.Sees(caller)) return tx.Abandon<Outcome<Guid>>(Templates.Unknown);
                (content, version) = (found.Content, found.Version);
            }
            content = content with { Name = asked.Name.Trim(), Description = asked.Description?.Trim() ?? content.Description, Visibility = asked.Visibility };
            if (TemplateRules.Check(content) is { } broken) return tx.Abandon<Outcome<Guid>>(broken);
            var id = asked.Id ?? tx.NewId();
            await tx.Execute("""
                insert into collab.team (tenant, id, name, description, visibility, created_at, created_by, template, template_version, settings, care_team)
                values (@Tenant, @id, @Name, @Description, @Visibility, @Now, @me, @Template, @version, @settings::jsonb, @CareTeam)
                """, new { tx.Tenant, id, content.Name, content.Description, content.Visibility, tx.Now, me, asked.Template, version, settings = System.Text.Json.JsonSerializer.Serialize(content.Settings), asked.CareTeam });
            await ChannelSql.Add(tx, id, content.Channels);
            await tx.Execute("""
                insert into collab.team_app (tenant, team, app, position) select @Tenant, @id, a.app, a.n from unnest(@apps) with ordinality as a (app, n) on conflict do nothing
                """, new { tx.Tenant, id, apps = content.Apps.ToArray() });
            var members = asked.Members.Append((Person: me, Role: TeamRole.Owner)).GroupBy(m => m.Person).Select(g => (Person: g.Key, Role: g.Max(m => m.Role))).ToList();
            if (await Put(tx, id, content.Name, members) is { } refused) return tx.Abandon<Outcome<Guid>>(refused);
            tx.Publish("team.created", $"team/{id}", data: new { asked.Template, version });
            await project(tx, "team", id);
            return id;
        }, stop);

    public Task<Outcome<bool>> Add(Caller caller, Guid team, IReadOnlyList<Guid> people, TeamRole role, CancellationToken stop) => Owned(caller, team, async (tx, standing) =>
    {
        if (people.Count == 0) return Problem.Invalid("Choose at least one person.", "person", "person-missing");
        if (await Put(tx, team, standing.Name, [.. people.Distinct().Select(p => (p, role))]) is { } refused) return refused;
        tx.Publish("team.member-added", $"team/{team}", data: new { people, role = role.ToString() });
        return true;
    }, stop);

    public Task<Outcome<bool>> SetRole(Caller caller, Guid team, Guid person, TeamRole role, CancellationToken stop) => Owned(caller, team, async (tx, _) =>
    {
        if (await tx.Execute("update collab.team_member set role = @role where tenant = @Tenant and team = @team and person = @person", new { tx.Tenant, team, person, role = role.ToString() }) == 0) return NotMember;
        tx.Publish("team.member-role-changed", $"team/{team}", data: new { person, role = role.ToString() });
        return await KeepsOwner(tx, team);
    }, stop);

    /// <summary>An owner removes anybody; everybody may leave.</summary>
    public Task<Outcome<bool>> Remove(Caller caller, Guid team, Guid person, CancellationToken stop) => Change(caller, team, person == caller.Person ? TeamRole.Guest : TeamRole.Owner, async (tx, _) =>
    {
        if (await tx.Execute("delete from collab.team_member where tenant = @Tenant and team = @team and person = @person", new { tx.Tenant, team, person }) == 0) return NotMember;
        await tx.Execute("delete from collab.care_member where tenant = @Tenant and team = @team and person = @person", new { tx.Tenant, team, person });
        tx.Publish("team.member-removed", $"team/{team}", data: new { person });
        return await KeepsOwner(tx, team);
    }, stop);

    /// <summary>Public teams are open to the hospital's staff.</summary>
    public Task<Outcome<bool>> Join(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me || await Lock(tx, team) is not { Visibility: "public", Archived: false } open) return TeamDoor.Unknown;
        if (await Put(tx, team, open.Name, [(me, TeamRole.Member)]) is { } refused) return refused;
        tx.Publish("team.member-added", $"team/{team}", data: new { people = new[] { me }, role = "Member" });
        await project(tx, "team", team);
        return true;
    }, stop);

    public Task<Outcome<bool>> Edit(Caller caller, Guid team, string name, string? description, string visibility, int version, CancellationToken stop) => Owned(caller, team, async (tx, _) =>
    {
        if (TemplateRules.Check(TemplateContent.Empty with { Name = name, Description = description ?? "", Visibility = visibility }) is { } broken) return broken;
        if (await tx.Execute("""
            update collab.team set name = @name, description = @description, visibility = @visibility, version = version + 1 where tenant = @Tenant and id = @team and version = @version
            """, new { tx.Tenant, team, name = name.Trim(), description = description?.Trim(), visibility, version }) == 0) return Problem.Conflict("Somebody else changed this team meanwhile. Look at it again and repeat.");
        tx.Publish("team.setting-changed", $"team/{team}");
        return true;
    }, stop);

    /// <summary>Archived teams can be read and brought back; nothing in them changes (TC-01).</summary>
    public Task<Outcome<bool>> Archive(Caller caller, Guid team, bool archived, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await door.May(tx, caller, team, TeamRole.Owner);
        if (!may.Ok) return may.Problem;
        await tx.Execute("update collab.team set archived_at = case when @archived then coalesce(archived_at, @Now) end, version = version + 1 where tenant = @Tenant and id = @team", new { tx.Tenant, tx.Now, team, archived });
        tx.Publish(archived ? "team.archived" : "team.restored", $"team/{team}");
        await project(tx, "team", team);
        return true;
    }, stop);

    private static readonly Problem NotMember = Problem.NotFound("This person is not in the team.", "member-unknown");

    private Task<Outcome<bool>> Owned(Caller caller, Guid team, Func<Tx, Standing, Task<Outcome<bool>>> change, CancellationToken stop) => Change(caller, team, TeamRole.Owner, change, stop);

    private Task<Outcome<bool>> Change(Caller caller, Guid team, TeamRole atLeast, Func<Tx, Standing, Task<Outcome<bool>>> change, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            // One at a time: two owners who leave at once would leave nobody.
            await Lock(tx, team);
            var may = await door.May(tx, caller, team, atLeast, change: true);
            if (!may.Ok) return may.Problem;
            var done = await change(tx, may.Value);
            if (!done.Ok) return tx.Abandon(done);
            await project(tx, "team", team);
            return done;
        }, stop);

    internal static Task<Locked?> Lock(Tx tx, Guid team) => tx.OneOrNone<Locked>(
        "select name, visibility, archived_at is not null as Archived from collab.team where tenant = @Tenant and id = @team for update", new { tx.Tenant, team });

    private static async Task<Outcome<bool>> KeepsOwner(Tx tx, Guid team) =>
        await tx.Scalar<bool>("select exists (select from collab.team_member where tenant = @Tenant and team = @team and role = 'Owner')", new { tx.Tenant, team })
            ? true : Problem.Conflict("A team has an owner. Make somebody else owner first.", "team-owner");

    /// <summary>Who is in it already keeps their role. Staff of this hospital only.</summary>
    internal static async Task<Problem?> Put(Tx tx, Guid team, string name, IReadOnlyList<(Guid Person, TeamRole Role)> members)
    {
        var people = members.Select(m => m.Person).ToArray();
        var added = await tx.Query<Guid>("""
            insert into collab.team_member (tenant, team, person, role, since)
            select @Tenant, @team, m.person, m.role, @Now from unnest(@people, @roles) as m (person, role)
            join collab.person p on p.tenant = @Tenant and p.id = m.person and p.kind = 'Staff'
            on conflict do nothing returning person
            """, new { tx.Tenant, tx.Now, team, people, roles = members.Select(m => m.Role.ToString()).ToArray() });
        var (inside, unknown) = (await tx.Query<(int Count, int Unknown)>("""
            select (select count(*)::int from collab.team_member where tenant = @Tenant and team = @team),
              (select count(*)::int from unnest(@people) p where not exists (select from collab.team_member m where m.tenant = @Tenant and m.team = @team and m.person = p))
            """, new { tx.Tenant, team, people }))[0];
        if (unknown > 0) return Problem.Unprocessable("One of these people is not staff of this hospital.", "person", "person-unknown");
        if (inside > MemberLimit) return Problem.Unprocessable($"A team has at most {MemberLimit} members.", "person", "team-full");
        await Notices.Tell(tx, added, "team.added", $"/teams/{team}", new { team = name });
        return null;
    }

    internal sealed record Locked(string Name, string Visibility, bool Archived);
}
