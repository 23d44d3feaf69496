using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>What sharing did.</summary>
public sealed record Shared(int Items, int People);

/// <summary>SH-20, SH-21: drafts become what all see, and the other way.</summary>
public sealed class ShiftSharing(Db db, ShiftAccess access, Workforce workforce, ProjectFhir project)
{
    /// <summary>Shares the drafts of shifts, open shifts and time off that touch the range, or refuses all of them and says which clash.</summary>
    public Task<Outcome<Shared>> Share(Caller caller, Guid team, DateTimeOffset from, DateTimeOffset to, bool notifyTeam, CancellationToken stop) => workforce.Guarded<Shared>(caller, team, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (to <= from) return Problem.Invalid("The range ends after it starts.", "to");
        var ids = await tx.Query<Guid>("""
            select id from collab.shift s where tenant = @Tenant and team = @team and starts_at < @to and ends_at > @from
              and exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft) order by id
            """, new { tx.Tenant, team, from, to });
        await tx.Execute("""
            update collab.day_note set shared = nullif(draft, ''), draft = null
            where tenant = @Tenant and team = @team and draft is not null and day >= @first and day < @last
            """, new { tx.Tenant, team, first = ShiftRules.Day(from, place.Value.Schedule.Rules), last = ShiftRules.Day(to.AddTicks(-1), place.Value.Schedule.Rules).AddDays(1) });
        return await Share(tx, place.Value, [.. ids.Distinct()], notifyTeam, project, proposal);
    }, stop);

    internal static async Task<Outcome<Shared>> Share(Tx tx, ShiftPlace place, IReadOnlyList<Guid> ids, bool notifyTeam, ProjectFhir project, Proposal? proposal = null)
    {
        var team = place.Schedule.Team;
        var faces = await tx.Query<ShiftItem>($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and s.id = any(@ids) order by s.id, s.draft for update",
            new { tx.Tenant, team, ids = ids.ToArray() });
        var drafts = faces.Where(f => f.Draft).ToList();
        if (drafts.Count == 0) return new Shared(0, 0);
        var known = faces.Where(f => !f.Draft).Select(f => f.Id).ToHashSet();
        proposal?.Add("DELETE", drafts.Where(d => d.Removed && known.Contains(d.Id)), place.Schedule.Rules);
        proposal?.Add("PUT", drafts.Where(d => !d.Removed), place.Schedule.Rules);
        var concerned = faces.Select(f => f.Person).OfType<Guid>().Distinct().ToList();
        RosterFacts.Lock(tx, concerned);
        if (await Clashes(tx, place, drafts) is { } clash) return clash;
        var all = drafts.Select(d => d.Id).ToArray();
        await tx.Execute("""
            insert into collab.shift_gone (tenant, id, team, person)
            select s.tenant, s.id, s.team, s.person from collab.shift s join collab.shift d on d.tenant = s.tenant and d.id = s.id and d.draft
            where s.tenant = @Tenant and s.id = any(@all) and not s.draft and d.removed on conflict do nothing;
            delete from collab.shift where tenant = @Tenant and id = any(@all) and not draft;
            delete from collab.shift where tenant = @Tenant and id = any(@all) and removed;
            update collab.shift set draft = false, stale = true where tenant = @Tenant and id = any(@all)
            """, new { tx.Tenant, all });
        await RequestSql.Orphaned(tx, all, project);
        tx.Publish("shift.shared", $"schedule/{team}", data: new { items = drafts.Count });
        var told = notifyTeam ? (await ShiftAccess.Staff(tx, team)).Union(concerned).ToList() : concerned.Union(await Takers(tx, drafts)).ToList();
        var first = drafts.Min(d => d.StartsAt);
        await Notices.Tell(tx, told, "shift.shared", $"/shifts?from={ShiftRules.Day(first, place.Schedule.Rules):yyyy-MM-dd}",
            new { team = place.Team.Name, from = ShiftRules.Day(first, place.Schedule.Rules), to = ShiftRules.Day(drafts.Max(d => d.EndsAt).AddTicks(-1), place.Schedule.Rules) });
        await project(tx, "roster", team);
        return new Shared(drafts.Count, told.Count);
    }

    /// <summary>Who would be in two places at once, all of them; what the constraint says otherwise of the first alone.</summary>
    private static async Task<Problem?> Clashes(Tx tx, ShiftPlace place, IReadOnlyList<ShiftItem> drafts)
    {
        var staying = drafts.Where(d => d is { Removed: false, Person: not null }).ToList();
        if (staying.Count == 0) return null;
        var people = staying.Select(d => d.Person!.Value).Distinct().ToArray();
        var workers = await RosterFacts.Load(tx, place.Schedule.Team, people, staying.Min(d => d.StartsAt), staying.Max(d => d.EndsAt), drafts: false);
        foreach (var moved in drafts) foreach (var worker in workers.Values.ToList()) workers[worker.Person] = worker.Without(moved.Id);
        var broken = new List<Broken>();
        foreach (var item in staying)
        {
            broken.AddRange(ShiftRules.Broken(workers[item.Person!.Value], item.AsDuty(place.Schedule.Team), [], place.Schedule.Rules).Where(b => b.Hard));
            workers[item.Person.Value] = workers[item.Person.Value].With(item.AsDuty(place.Schedule.Team));
        }
        return broken.Count == 0 ? null : BrokenRules.Refusal(broken);
    }

    /// <summary>15.4: who may take an open shift hears of it.</summary>
    private static async Task<IReadOnlyList<Guid>> Takers(Tx tx, IReadOnlyList<ShiftItem> drafts)
    {
        var groups = drafts.Where(d => d is { Kind: "open", Removed: false }).Select(d => d.Group).OfType<Guid>().Distinct().ToArray();
        return groups.Length == 0 ? [] : await tx.Query<Guid>("select distinct person from collab.shift_group_member where tenant = @Tenant and shift_group = any(@groups)", new { tx.Tenant, groups });
    }

    /// <summary>Takes the shared roster of the range back into drafts: staff see it no more, requests about it end.</summary>
    public Task<Outcome<Shared>> Withdraw(Caller caller, Guid team, DateTimeOffset from, DateTimeOffset to, CancellationToken stop) => db.In<Outcome<Shared>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (to <= from) return Problem.Invalid("The range ends after it starts.", "to");
        if (from < tx.Now) return Problem.Unprocessable("What has begun stays as it was shared: withdraw from a later day on.", "from", "withdraw-past");
        var faces = await tx.Query<ShiftItem>($"""
            select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and not s.draft and s.kind <> 'off' and s.starts_at >= @from and s.starts_at < @to order by s.id for update
            """, new { tx.Tenant, team, from, to });
        if (faces.Count == 0) return new Shared(0, 0);
        var all = faces.Select(f => f.Id).ToArray();
        await tx.Execute("""
            insert into collab.shift_gone (tenant, id, team, person) select tenant, id, team, person from collab.shift where tenant = @Tenant and id = any(@all) and not draft on conflict do nothing;
            delete from collab.shift s where tenant = @Tenant and id = any(@all) and not draft
              and exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft);
            update collab.shift set draft = true, version = version + 1 where tenant = @Tenant and id = any(@all) and not draft
            """, new { tx.Tenant, team, all });
        await RequestSql.Orphaned(tx, all, project);
        var people = faces.Select(f => f.Person).OfType<Guid>().Distinct().ToList();
        tx.Publish("shift.withdrawn", $"schedule/{team}", data: new { items = all.Length });
        await Notices.Tell(tx, people, "shift.withdrawn", $"/shifts/{team}", new { team = place.Value.Team.Name, from = ShiftRules.Day(from, place.Value.Schedule.Rules), to = ShiftRules.Day(to.AddTicks(-1), place.Value.Schedule.Rules) });
        await project(tx, "roster", team);
        return new Shared(all.Length, people.Count);
    }, stop);
}
