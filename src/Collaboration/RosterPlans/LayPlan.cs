using System.Text.Json;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>A draft that laying a plan changed: as it was before (null: it was not there) and the version it left (null: taken away).</summary>
internal sealed record LaidThing(Guid Id, ShiftItem? Before, int? Version);

/// <summary>
/// Puts a plan into the roster, as drafts only, in one transaction: all of it or nothing. Everything is checked again by the rules
/// of Shifts beside what stands now, so a roster that moved on since refuses with each broken rule; a workforce system is asked
/// about the whole once (SH-14).
/// </summary>
public sealed class LayPlan(Db db, ShiftAccess access, Workforce workforce)
{
    public Task<Outcome<int>> Lay(Caller caller, Guid team, Guid id, int version, CancellationToken stop) => workforce.Guarded<int>(caller, team, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (await Plans.Find(tx, team, id, toChange: true) is not { } plan) return Plans.Unknown;
        if (plan.Version != version) return Plans.Stale;
        if (!plan.Ready) return Problem.Conflict("This plan is not ready, or in the roster already.", "plan-not-ready");
        RosterFacts.Lock(tx, plan.Cells.Select(c => c.Person).Append(plan.Ask.Ill ?? Guid.Empty));
        var facts = await PlanFacts.Load(tx, place.Value, plan);
        if (plan.Illness && Moved(facts) is > 0 and var moved) return Problem.Conflict($"{moved} of its shifts were changed or shared since. Change them by hand on the roster.", "plan-moved-on");
        if (!plan.Illness && Unseen(facts) is > 0 and var unseen) return Problem.Conflict($"{unseen} drafts were made on the roster since this plan began, and it would take them away. Plan anew: they count then.", "plan-unseen-drafts");
        var (write, gone) = plan.Illness ? Sick(facts, tx.NewId) : Planned(facts, tx.NewId);
        if (await Broken(tx, place.Value, facts, write) is { } broken) return broken;
        var touched = write.Concat(gone).Select(i => i.Id).ToArray();
        var before = (await tx.Query<ShiftItem>($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and s.id = any(@touched) and s.draft for update", new { tx.Tenant, team, touched })).ToDictionary(i => i.Id);
        await tx.Execute("delete from collab.shift where tenant = @Tenant and team = @team and id = any(@gone) and draft", new { tx.Tenant, team, gone = gone.Select(g => g.Id).ToArray() });
        if (write.Count > 0) await ShiftSql.Write(tx, write, caller.Person);
        proposal.Add("POST", write.Where(w => !before.ContainsKey(w.Id) && w is { Removed: false, Version: 1 }), place.Value.Schedule.Rules);
        proposal.Add("PUT", write.Where(w => w is { Removed: false, Version: > 1 }), place.Value.Schedule.Rules);
        proposal.Add("DELETE", gone.Concat(write.Where(w => w.Removed)), place.Value.Schedule.Rules);
        var laid = write.Select(w => new LaidThing(w.Id, before.GetValueOrDefault(w.Id), w.Version)).Concat(gone.Select(g => new LaidThing(g.Id, before.GetValueOrDefault(g.Id), null)));
        await tx.Execute("update collab.roster_plan set state = 'laid', laid = @laid::jsonb, version = version + 1 where tenant = @Tenant and team = @team and id = @id",
            new { tx.Tenant, team, id, laid = JsonSerializer.Serialize(laid, JsonSerializerOptions.Web) });
        tx.Publish("shift.drafted", $"schedule/{team}", data: new { items = touched.Length });
        tx.Publish("roster.laid", $"roster-plan/{id}");
        return touched.Length;
    }, stop);

    /// <summary>Takes the plan out of the roster again, while nobody has changed or shared what it laid.</summary>
    public Task<Outcome<int>> Undo(Caller caller, Guid team, Guid id, CancellationToken stop) => db.In<Outcome<int>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (await Plans.Find(tx, team, id, toChange: true) is not { State: "laid" } plan) return Plans.Unknown;
        var things = JsonSerializer.Deserialize<LaidThing[]>(plan.LaidJson!, JsonSerializerOptions.Web)!;
        RosterFacts.Lock(tx, plan.Cells.Select(c => c.Person));
        var ids = things.Select(t => t.Id).ToArray();
        var now = (await tx.Query<ShiftItem>($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and s.id = any(@ids) and s.draft for update", new { tx.Tenant, team, ids })).ToDictionary(i => i.Id);
        if (things.Count(t => now.GetValueOrDefault(t.Id)?.Version != t.Version) is > 0 and var moved) return Problem.Conflict($"{moved} of its shifts were changed or shared since. Change them by hand on the roster.", "plan-moved-on");
        await tx.Execute("delete from collab.shift where tenant = @Tenant and team = @team and id = any(@ids) and draft", new { tx.Tenant, team, ids });
        var back = things.Select(t => t.Before).OfType<ShiftItem>().ToList();
        if (back.Count > 0) await ShiftSql.Write(tx, back, caller.Person);
        await tx.Execute("update collab.roster_plan set state = 'done', laid = null, version = version + 1 where tenant = @Tenant and team = @team and id = @id", new { tx.Tenant, team, id });
        tx.Publish("shift.drafted", $"schedule/{team}", data: new { items = ids.Length });
        tx.Publish("roster.undone", $"roster-plan/{id}");
        return ids.Length;
    }, stop);

    /// <summary>A draft that is where the plan wants it stays what it is.</summary>
    private static (List<ShiftItem> Write, List<ShiftItem> Gone) Planned(PlanFacts facts, Func<Guid> newId)
    {
        var known = facts.People.Select(p => p.Person).ToHashSet();
        var cells = facts.Plan.Cells.Where(c => known.Contains(c.Person)).ToHashSet();
        return ([.. cells.Where(c => !facts.Movable.ContainsKey(c)).Select(c => PlanReasons.Item(facts, c) with { Id = newId() })], [.. facts.Movable.Where(m => !cells.Contains(m.Key)).Select(m => m.Value)]);
    }

    /// <summary>Shifts that are new, changed hands or went since it was solved: laid all the same, it would take them from whoever has them now.</summary>
    private static int Moved(PlanFacts facts)
    {
        var (stood, stand) = ((facts.Ask.Stood ?? []).ToHashSet(), facts.Movable.Keys.ToHashSet());
        return stand.Except(stood).Count() + stood.Except(stand).Count(c => facts.DutyOf(c.Day, c.Shift).Start > facts.Roster.Now);
    }

    /// <summary>Drafts somebody made by hand while it was solved or looked at, where it has nothing: they are not its to remove.</summary>
    private static int Unseen(PlanFacts facts) => facts.Ask.Stood is { } stood ? facts.Movable.Keys.Except(stood).Except(facts.Plan.Cells).Count() : 0;

    /// <summary>
    /// Shifts change hands and keep their identity. What nobody can take becomes an open shift for its group; who is ill is off.
    /// </summary>
    private static (List<ShiftItem> Write, List<ShiftItem> Gone) Sick(PlanFacts facts, Func<Guid> newId)
    {
        var cells = facts.Plan.Cells.ToHashSet();
        var write = new List<ShiftItem>();
        foreach (var free in facts.Movable.Where(m => !cells.Contains(m.Key)).GroupBy(m => (m.Key.Day, m.Key.Shift)))
        {
            var takers = new Queue<PlanCell>(cells.Where(c => c.Day == free.Key.Day && c.Shift == free.Key.Shift && !facts.Movable.ContainsKey(c)).OrderBy(c => c.Person));
            foreach (var item in free.Select(f => f.Value).OrderBy(i => i.Id))
            {
                var next = item with { Draft = true, Version = item.Version + 1, Override = null, Overridden = [] };
                if (takers.TryDequeue(out var taker))
                {
                    write.Add(next with { Person = taker.Person });
                    continue;
                }
                write.Add(next with { Removed = true });
                if (item.Group is not null) write.Add(item with { Id = newId(), Draft = true, Kind = "open", Person = null, Slots = 1, Version = 1, Override = null, Overridden = [] });
            }
        }
        if (Off(facts) is { } span) write.Add(new ShiftItem { Id = newId(), Draft = true, Team = facts.Plan.Team, Kind = "off", Person = facts.Ask.Ill, Reason = facts.Ask.Reason, Theme = "gray", StartsAt = span.From, EndsAt = span.To });
        return (write, []);
    }

    /// <summary>From the end of the shift the person went home from, or the night before; null: they are off all the time already.</summary>
    private static (DateTimeOffset From, DateTimeOffset To)? Off(PlanFacts facts)
    {
        var (from, to) = (CoverRules.At(facts.Plan.First, 0, facts.Zone), CoverRules.At(facts.Day(facts.Plan.Days), 0, facts.Zone));
        var duties = facts.People.Where(p => p.Person == facts.Ask.Ill).SelectMany(p => p.Duties).ToList();
        if (duties.Any(d => d.Off && d.Start <= from && d.End >= to)) return null;
        var begun = duties.Where(d => !d.Off && d.End > from && (d.Start < from || d.Start <= facts.Roster.Now)).Select(d => d.End).Append(from).Max();
        return begun < to ? (begun, to) : null;
    }

    /// <summary>Each on top of those before it, all beside what stands now.</summary>
    private static async Task<Problem?> Broken(Tx tx, ShiftPlace place, PlanFacts facts, List<ShiftItem> write)
    {
        var all = write.Where(w => w is { Person: not null, Removed: false }).ToList();
        var workers = facts.People.ToDictionary(p => p.Person);
        var changed = write.Select(w => w.Id).ToHashSet();
        var planned = facts.Plan.Cells.ToHashSet();
        foreach (var kept in facts.Movable.Where(m => !changed.Contains(m.Value.Id) && (facts.Plan.Illness || planned.Contains(m.Key)))) workers[kept.Key.Person] = workers[kept.Key.Person].With(kept.Value.AsDuty(facts.Plan.Team));
        var (_, not) = ShiftCopies.Sort([.. all.OrderBy(i => i.StartsAt)], workers, (await ShiftAccess.Staff(tx, facts.Plan.Team)).ToHashSet(), place.Schedule, null);
        return not.Count == 0 ? null : BrokenRules.Refusal([.. not.SelectMany(n => n.Broken).Take(50)]) with { Status = 409 };
    }
}
