using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Teams;

/// <summary>A participant that a CareTeam names.</summary>
public sealed record CareMember(PersonSaid Person, TeamRole Role, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>
/// A CareTeam written by FHIR changes who is in its team (TPL-06). Whom it names comes in, whom it named before and names no
/// more goes, each for their period; who was added by hand stays, and so does every owner. It makes nobody an owner.
/// </summary>
public sealed class CareTeamDoor(TeamDoor door, ProjectFhir project)
{
    public static Task<bool> Known(Tx tx, Guid team) => tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @team)", new { tx.Tenant, team });

    /// <param name="status">Of the CareTeam: inactive archives the team, active brings it back.</param>
    public async Task<Problem?> Hear(Tx tx, Guid team, string? status, IReadOnlyList<CareMember> said)
    {
        if (await TeamActions.Lock(tx, team) is not { } known) return null;
        if (tx.Actor.Caller is { Kind: CallerKind.Staff } caller)
        {
            if (await door.May(tx, caller, team, TeamRole.Owner) is { Ok: false } refused) return refused.Problem;
        }
        else if (tx.Actor.Kind != CallerKind.System) return Problem.Forbidden("Who is in a team is changed by its owners, or by the hospital's systems.", "team-role");
        if (status is not ("active" or "inactive")) return Problem.Unprocessable("A team is active, or inactive when it is archived.", "CareTeam.status", "business-rule");
        var archived = status == "inactive";
        var changed = await Members(tx, team, known, said);
        if (!changed.Ok) return changed.Problem;
        if (changed.Value && archived && known.Archived) return Problem.Conflict($"{known.Name} is archived: it can be read, not changed.", "team-archived");
        if (archived != known.Archived)
        {
            await tx.Execute("update collab.team set archived_at = case when @archived then @Now end, version = version + 1 where tenant = @Tenant and id = @team", new { tx.Tenant, tx.Now, team, archived });
            tx.Publish(archived ? "team.archived" : "team.restored", $"team/{team}");
        }
        // What was sent and is not so here (an owner left out, a name) is told as it is.
        await project(tx, "team", team);
        return null;
    }

    /// <returns>Whether anybody comes, goes or stays for another time.</returns>
    private static async Task<Outcome<bool>> Members(Tx tx, Guid team, TeamActions.Locked known, IReadOnlyList<CareMember> said)
    {
        var people = await PeopleSql.FindOrMake(tx, [.. said.Select(s => s.Person)]);
        // Named twice, it is the longer: the first word for a person counts for the role.
        var named = people.Zip(said).GroupBy(p => p.First.Id).Select(g => (Person: g.Key, g.First().Second.Role,
            From: g.Any(p => p.Second.From is null) ? null : g.Min(p => p.Second.From), Until: g.Any(p => p.Second.Until is null) ? null : g.Max(p => p.Second.Until))).ToList();
        var (inside, before) = await tx.Query<Guid, Row>(
            ("select person from collab.team_member where tenant = @Tenant and team = @team", new { tx.Tenant, team }),
            ("select person, from_at as \"From\", until_at as Until from collab.care_member where tenant = @Tenant and team = @team", new { tx.Tenant, team }));
        var mine = before.ToDictionary(b => b.Person);
        var byHand = inside.Except(mine.Keys).ToHashSet();
        var wanted = named.Where(n => !byHand.Contains(n.Person) && (n.Until is null || n.Until > tx.Now)).ToList();
        var gone = mine.Keys.Except(wanted.Select(w => w.Person)).ToArray();
        var news = wanted.Where(w => !mine.TryGetValue(w.Person, out var was) || (was.From, was.Until) != (w.From, w.Until) || (w.From ?? tx.Now) <= tx.Now && !inside.Contains(w.Person)).ToList();
        if (gone.Length + news.Count == 0) return false;
        if (news.FirstOrDefault(n => n.From > n.Until) is { Person: var odd } && odd != Guid.Empty) return Problem.Unprocessable("A period ends before it begins.", "CareTeam.participant.period", "business-rule");
        await tx.Execute("""
            insert into collab.care_member (tenant, team, person, role, from_at, until_at, due_at)
            select @Tenant, @team, n.person, n.role, n.begins, n.ends, case when n.begins > @Now then n.begins else n.ends end from unnest(@people, @roles, @begins, @ends) as n (person, role, begins, ends)
            on conflict (tenant, team, person) do update set from_at = excluded.from_at, until_at = excluded.until_at, due_at = excluded.due_at
            """, new
        {
            tx.Tenant, tx.Now, team, people = news.Select(n => n.Person).ToArray(), roles = news.Select(n => Capped(n.Role).ToString()).ToArray(),
            begins = news.Select(n => n.From?.UtcDateTime).ToArray(), ends = news.Select(n => n.Until?.UtcDateTime).ToArray(),
        });
        var now = news.Where(n => (n.From ?? tx.Now) <= tx.Now && !inside.Contains(n.Person)).Select(n => (n.Person, Capped(n.Role))).ToList();
        if (now.Count > 0)
        {
            if (await TeamActions.Put(tx, team, known.Name, now) is { } refused) return refused;
            tx.Publish("team.member-added", $"team/{team}", data: new { people = now.Select(n => n.Person), role = "CareTeam" });
        }
        await Leave(tx, team, gone);
        // Whose time is still to come, or was moved there, is not in it now.
        await Out(tx, team, [.. news.Where(n => n.From > tx.Now && inside.Contains(n.Person)).Select(n => n.Person)]);
        return true;
    }

    internal static async Task Leave(Tx tx, Guid team, IReadOnlyCollection<Guid> people)
    {
        if (people.Count == 0) return;
        await tx.Execute("delete from collab.care_member where tenant = @Tenant and team = @team and person = any(@people)", new { tx.Tenant, team, people = people.ToArray() });
        await Out(tx, team, people);
    }

    /// <summary>Owners stay: who keeps a team is decided by hand.</summary>
    private static async Task Out(Tx tx, Guid team, IReadOnlyCollection<Guid> people)
    {
        if (people.Count == 0) return;
        foreach (var person in await tx.Query<Guid>("delete from collab.team_member where tenant = @Tenant and team = @team and person = any(@people) and role <> 'Owner' returning person", new { tx.Tenant, team, people = people.ToArray() }))
        {
            tx.Publish("team.member-removed", $"team/{team}", data: new { person });
        }
    }

    internal static TeamRole Capped(TeamRole role) => role == TeamRole.Guest ? TeamRole.Guest : TeamRole.Member;

    private sealed record Row
    {
        public Guid Person { get; init; }
        public DateTimeOffset? From { get; init; }
        public DateTimeOffset? Until { get; init; }
    }
}
