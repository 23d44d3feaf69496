namespace HealthTeams.Collaboration.Shifts;

/// <summary>The answers to a request: the colleague's, the manager's, the sender's own second thought.</summary>
public sealed class ShiftDecisions(Workforce workforce, ShiftAccess access, ProjectFhir project)
{
    /// <param name="version">The version that was on the screen; whoever decides on what has changed since is told (complaint 2).</param>
    /// <param name="overriding">A manager's reason to set soft rules aside.</param>
    public async Task<Outcome<ShiftRequest>> Decide(Caller caller, Guid id, int version, RequestAct act, string message, string? overriding, CancellationToken stop)
    {
        if (await workforce.RequestOf(caller, id, stop) is not { } known) return RequestSql.Unknown;
        return await workforce.Guarded<ShiftRequest>(caller, known.Team, ShiftRequests.Entity(known.Kind), async (tx, proposal) =>
        {
            var done = await Decide(tx, caller, id, version, act, message, overriding);
            if (done.Ok) proposal.Add(act == RequestAct.Withdraw ? "DELETE" : "PUT", done.Value);
            return done;
        }, stop);
    }

    /// <param name="caller">Null: a system of the hospital's, by FHIR.</param>
    public async Task<Outcome<ShiftRequest>> Decide(Tx tx, Caller? caller, Guid id, int? version, RequestAct act, string message, string? overriding)
    {
        if (message.Length > 500 || overriding?.Length > 500) return Problem.Invalid("A message has at most 500 characters.", "message", "too-long");
        if (await RequestSql.Find(tx, id) is not { } seen) return RequestSql.Unknown;
        // First people, then shifts, then the request: everybody locks in this order.
        RosterFacts.Lock(tx, seen.Recipient is { } other ? [seen.Sender, other] : [seen.Sender]);
        var shifts = await ShiftSql.Shared(tx, seen.Shifts, toChange: true);
        var request = (await RequestSql.Find(tx, id, toChange: true))!;
        if (caller is not null && await May(tx, caller, request, act) is { } no) return no;
        if (RequestMachine.Next(request.State, request.AssignedTo, act) is not { } next) return RequestMachine.Refusal(request.State, request.AssignedTo);
        if (version is { } expected && expected != request.Version) return Problem.Conflict("This request has changed meanwhile. Look at it again.", "stale");
        if (act == RequestAct.Approve)
        {
            return await ShiftAccess.Schedule(tx, request.Team) is { } schedule ? await Approve(tx, schedule, request, caller?.Person, message, overriding, shifts) : RequestSql.Unknown;
        }
        var stepped = request with { State = next.State, AssignedTo = next.AssignedTo, Version = request.Version + 1 };
        stepped = act switch
        {
            RequestAct.Accept or RequestAct.Decline => stepped with { RecipientMessage = message.Trim(), RecipientAt = tx.Now },
            RequestAct.Deny => stepped with { Manager = caller?.Person, ManagerMessage = message.Trim(), ManagerAt = tx.Now },
            _ => stepped,
        };
        await RequestSql.Step(tx, stepped);
        if (act == RequestAct.Accept) await RequestTold.Accepted(tx, stepped, project);
        else await RequestTold.Ended(tx, stepped, project);
        return stepped;
    }

    internal async Task<Problem?> May(Tx tx, Caller caller, ShiftRequest r, RequestAct act)
    {
        var manages = (await ShiftAccess.Managers(tx, r.Team)).Contains(caller.Person ?? Guid.Empty);
        if (caller.Person != r.Sender && caller.Person != r.Recipient && !manages) return RequestSql.Unknown;
        var mine = act switch { RequestAct.Withdraw => caller.Person == r.Sender, RequestAct.Accept or RequestAct.Decline => caller.Person == r.Recipient, _ => manages };
        if (!mine) return Problem.Forbidden(act switch { RequestAct.Withdraw => "Only whoever asked can take a request back.", RequestAct.Accept or RequestAct.Decline => "Only the colleague who was asked answers this.", _ => "A manager of the schedule decides this." }, "not-yours");
        if (act == RequestAct.Accept && await access.Take(tx, caller, r.Team) is { Ok: false } gone) return gone.Problem;
        return act is RequestAct.Approve or RequestAct.Deny && await access.Decide(tx, caller, r.Team) is { Ok: false } no ? no.Problem : null;
    }

    internal async Task<Outcome<ShiftRequest>> Approve(Tx tx, Schedule schedule, ShiftRequest request, Guid? manager, string message, string? overriding, Dictionary<Guid, ShiftItem>? locked = null)
    {
        var shifts = locked ?? await ShiftSql.Shared(tx, request.Shifts, toChange: true);
        if (!StillThere(request, shifts))
        {
            // It cannot come true any more: the machine's way out, and a refusal that says so.
            return Problem.Conflict(request.Kind == "claim" ? "All places of this open shift are taken." : "The shift is gone or has changed hands.", request.Kind == "claim" ? "no-slots" : "shift-gone");
        }
        var broken = await Broken(tx, schedule, request, shifts);
        if (broken.Any(b => b.Hard) || (broken.Count > 0 && string.IsNullOrWhiteSpace(overriding))) return BrokenRules.Refusal(broken);
        var approved = request with
        {
            State = "approved", AssignedTo = "manager", Manager = manager, ManagerAt = tx.Now, Version = request.Version + 1, Overridden = [.. broken.Select(b => b.Words)],
            ManagerMessage = broken.Count > 0 ? $"{message} {overriding}".Trim() : message.Trim(),
        };
        await RequestSql.Step(tx, approved);
        await Moved(tx, approved, shifts);
        await RequestTold.Ended(tx, approved, project);
        tx.Publish("shift.shared", $"schedule/{request.Team}", data: new { request = request.Id });
        await project(tx, "roster", request.Team);
        return approved;
    }

    private static bool StillThere(ShiftRequest r, Dictionary<Guid, ShiftItem> shifts) => r.Kind switch
    {
        "off" => true,
        "claim" => shifts.GetValueOrDefault(r.Shift!.Value) is { Kind: "open", Slots: > 0 },
        "offer" => shifts.GetValueOrDefault(r.Shift!.Value)?.Person == r.Sender,
        _ => shifts.GetValueOrDefault(r.Shift!.Value)?.Person == r.Sender && shifts.GetValueOrDefault(r.OtherShift!.Value)?.Person == r.Recipient,
    };

    /// <summary>What was asked for becomes so, in the statement that lets nobody be in two places; rivals end with it.</summary>
    private async Task Moved(Tx tx, ShiftRequest r, Dictionary<Guid, ShiftItem> shifts)
    {
        switch (r.Kind)
        {
            case "off":
                await ShiftSql.Write(tx, Off(tx.NewId(), r), r.Manager);
                break;
            case "claim":
                var open = shifts[r.Shift!.Value];
                await ShiftSql.Write(tx, open with { Id = tx.NewId(), Kind = "shift", Person = r.Sender, Slots = null, Version = 1 }, r.Manager);
                await tx.Execute("update collab.shift set slots = greatest(slots - 1, 0), version = version + 1, stale = true, changed_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, open.Id });
                if (open.Slots == 1) await RequestSql.Void(tx, [open.Id], "no-slots", r.Id, project);
                break;
            default:
                // Both faces: a draft of the same shift keeps the rest of what its manager planned.
                await tx.Execute("""
                    update collab.shift set person = case when person = @Sender then @Recipient else @Sender end, version = version + 1, stale = true, changed_at = @Now
                    where tenant = @Tenant and ((id = @Shift and person = @Sender) or (id = @OtherShift and person = @Recipient))
                    """, new { tx.Tenant, tx.Now, r.Sender, r.Recipient, r.Shift, r.OtherShift });
                await RequestSql.Void(tx, [.. r.Shifts], "rival", r.Id, project);
                break;
        }
    }

    private static ShiftItem Off(Guid id, ShiftRequest r) =>
        new() { Id = id, Team = r.Team, Kind = "off", Person = r.Sender, Reason = r.Reason, StartsAt = r.StartsAt!.Value, EndsAt = r.EndsAt!.Value, Theme = "gray" };

    /// <summary>Every rule that the request would break now, of everybody in it and of the ward's staffing.</summary>
    internal async Task<IReadOnlyList<Broken>> Broken(Tx tx, Schedule schedule, ShiftRequest r, Dictionary<Guid, ShiftItem> shifts)
    {
        IReadOnlyList<Move> moves = r.Kind switch
        {
            "off" => [new(Off(r.Id, r), r.Sender)],
            "claim" => [new(shifts[r.Shift!.Value] with { Kind = "shift", Person = r.Sender }, r.Sender)],
            "offer" => [new(shifts[r.Shift!.Value], r.Recipient!.Value)],
            _ => [new(shifts[r.Shift!.Value], r.Recipient!.Value), new(shifts[r.OtherShift!.Value], r.Sender)],
        };
        var (from, to) = (moves.Min(m => m.Item.StartsAt), moves.Max(m => m.Item.EndsAt));
        var workers = await RosterFacts.Load(tx, r.Team, [.. moves.Select(m => m.To)], from, to, drafts: false);
        var broken = RequestRules.Broken(schedule, workers, moves, tx.Now);
        return r.Kind switch
        {
            "swap" or "offer" => [.. broken, .. await Staffing(tx, schedule, moves, workers, from, to)],
            "off" => [.. broken, .. await Absence(tx, schedule, r)],
            _ => broken,
        };
    }

    /// <summary>Time off takes nobody's shift away; it may leave fewer people who could work than there must be.</summary>
    private static async Task<IEnumerable<Broken>> Absence(Tx tx, Schedule schedule, ShiftRequest r)
    {
        var (covers, away) = await tx.Query<Cover, ShiftItem>(
            ("select id, shift_group as \"Group\", weekdays, from_minute as FromMinute, to_minute as ToMinute, people, skill from collab.cover where tenant = @Tenant and team = @Team and skill is null", new { tx.Tenant, schedule.Team }),
            ($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @Team and not s.draft and s.kind = 'off' and s.starts_at < @end and s.ends_at > @start",
                new { tx.Tenant, schedule.Team, start = r.StartsAt!.Value.AddDays(-2), end = r.EndsAt!.Value.AddDays(2) }));
        if (covers.Count == 0) return [];
        var staff = await ShiftAccess.Staff(tx, schedule.Team);
        var groups = (await tx.Query<(Guid Group, Guid Person)>("select m.shift_group, m.person from collab.shift_group_member m join collab.shift_group g on g.tenant = m.tenant and g.id = m.shift_group where m.tenant = @Tenant and g.team = @Team", new { tx.Tenant, schedule.Team })).ToLookup(g => g.Group, g => g.Person);
        return RequestRules.Absence(schedule, covers, away, Off(r.Id, r), c => c.Group is { } group ? [.. groups[group].Intersect(staff)] : staff, "Staffing");
    }

    private static async Task<IEnumerable<Broken>> Staffing(Tx tx, Schedule schedule, IReadOnlyList<Move> moves, Dictionary<Guid, Worker> workers, DateTimeOffset from, DateTimeOffset to)
    {
        var (covers, before) = await tx.Query<Cover, ShiftItem>(
            ("select id, shift_group as \"Group\", weekdays, from_minute as FromMinute, to_minute as ToMinute, people, skill from collab.cover where tenant = @Tenant and team = @Team", new { tx.Tenant, schedule.Team }),
            ($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @Team and not s.draft and s.kind = 'shift' and s.starts_at < @end and s.ends_at > @start",
                new { tx.Tenant, schedule.Team, start = from.AddDays(-2), end = to.AddDays(2) }));
        if (covers.Count == 0) return [];
        var skills = (await tx.Query<(Guid Person, string Skill, DateOnly? Until)>("select person, skill, until from collab.person_skill where tenant = @Tenant and person = any(@people)",
            new { tx.Tenant, people = before.Select(b => b.Person!.Value).Concat(workers.Keys).Distinct().ToArray() })).ToLookup(s => s.Person);
        var after = before.Select(b => moves.FirstOrDefault(m => m.Item.Id == b.Id) is { } move ? b with { Person = move.To } : b).ToList();
        var days = moves.SelectMany(m => new[] { m.Item.StartsAt, m.Item.EndsAt }).Select(m => ShiftRules.Day(m, schedule.Rules)).Distinct();
        return RequestRules.Cover(schedule, covers, before, after, days, (who, skill, on) => skills[who].Any(s => string.Equals(s.Skill, skill, StringComparison.OrdinalIgnoreCase) && (s.Until is null || s.Until >= on)), "Staffing");
    }
}
