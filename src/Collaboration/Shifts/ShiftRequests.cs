namespace HealthTeams.Collaboration.Shifts;

/// <summary>What somebody asks for.</summary>
/// <param name="Shift">Their own, or the open one; null for time off.</param>
/// <param name="Recipient">Of an offer; of a swap it is whoever has <paramref name="OtherShift"/>.</param>
/// <param name="Team">Of time off.</param>
public sealed record ShiftAsk(
    string Kind, Guid? Shift = null, Guid? OtherShift = null, Guid? Recipient = null, Guid? Team = null, DateTimeOffset? StartsAt = null, DateTimeOffset? EndsAt = null, Guid? Reason = null, string Message = "");

/// <summary>Swap, offer, claim of an open shift, time off: asked for by members (12.4) and decided by the machine of 12.3.</summary>
public sealed class ShiftRequests(Workforce workforce, ShiftDecisions decisions, ShiftAccess access, ProjectFhir project)
{
    public async Task<Outcome<ShiftRequest>> Ask(Caller caller, ShiftAsk ask, CancellationToken stop)
    {
        var team = await workforce.TeamOf(caller, ask, stop);
        return team is not { } known ? ShiftSql.Unknown : await workforce.Guarded<ShiftRequest>(caller, known, Entity(ask.Kind), async (tx, proposal) =>
        {
            var made = await Ask(tx, caller, caller.Person ?? Guid.Empty, ask, task: null);
            if (made.Ok) proposal.Add("POST", made.Value);
            return made;
        }, stop);
    }

    internal static string Entity(string kind) => kind switch { "swap" => "swapRequest", "offer" => "offerShiftRequest", "claim" => "openShiftRequest", _ => "timeOffRequest" };

    /// <param name="caller">Null: a system of the hospital's brings it by FHIR in the sender's name.</param>
    public async Task<Outcome<ShiftRequest>> Ask(Tx tx, Caller? caller, Guid sender, ShiftAsk ask, string? task)
    {
        var id = task is not null && Guid.TryParse(task, out var given) ? given : tx.NewId();
        if (ask.Message.Length > 500) return Problem.Invalid("A message has at most 500 characters.", "message", "too-long");
        var shifts = await ShiftSql.Shared(tx, new[] { ask.Shift, ask.OtherShift }.OfType<Guid>());
        var request = Named(ask, shifts, id, sender, task);
        if (!request.Ok) return request.Problem;
        var r = request.Value;
        var schedule = await MayAsk(tx, caller, r, shifts);
        if (!schedule.Ok) return schedule.Problem;
        RosterFacts.Lock(tx, r.Recipient is { } other ? [sender, other] : [sender]);
        var broken = await decisions.Broken(tx, schedule.Value, r, shifts);
        // Where the manager is to be asked about too few people, the request goes to them with it.
        if (broken.Any(b => b.Rule != "cover" || schedule.Value.ShortStaffed != "ask")) return BrokenRules.Refusal(broken);
        if (!await RequestSql.Add(tx, r)) return Problem.Conflict("You have asked for this already; it waits for an answer.", "request-twice");
        if (r.Kind == "claim" && schedule.Value.AutoApprove && broken.Count == 0) return await decisions.Approve(tx, schedule.Value, r with { Version = 1 }, manager: null, "", null);
        await RequestTold.Asked(tx, r, project);
        return r with { Version = 1 };
    }

    private static Outcome<ShiftRequest> Named(ShiftAsk ask, Dictionary<Guid, ShiftItem> shifts, Guid id, Guid sender, string? task)
    {
        var mine = ask.Shift is { } s ? shifts.GetValueOrDefault(s) : null;
        var theirs = ask.OtherShift is { } o ? shifts.GetValueOrDefault(o) : null;
        if (ask.Kind is not ("swap" or "offer" or "claim" or "off")) return Problem.Invalid("A request is a swap, an offer, a claim or time off.", "kind");
        if (ask.Kind == "off")
        {
            if (ask is not { StartsAt: { } from, EndsAt: { } to, Reason: not null, Team: not null }) return Problem.Unprocessable("Time off has a beginning, an end and a reason.", "reason", "off-incomplete");
            if (from.Year is < 2000 or > 2200) return Problem.Unprocessable("Days lie between the years 2000 and 2200.", "start", "off-incomplete");
            if (to - from < TimeSpan.FromMinutes(1) || to - from > TimeSpan.FromDays(400)) return Problem.Unprocessable("Time off lasts from a minute to 400 days.", "end", "shift-length");
        }
        else if (mine is null || (ask.Kind == "swap" && theirs is null)) return ShiftSql.Unknown;
        if (ask.Kind == "claim" ? mine!.Kind != "open" : mine is not null && (mine.Kind != "shift" || mine.Person != sender)) return Problem.Forbidden("Only your own shared shifts can be given away.", "not-yours");
        if (ask.Kind == "swap" && (theirs!.Kind != "shift" || theirs.Team != mine!.Team)) return ShiftSql.Unknown;
        var recipient = ask.Kind switch { "swap" => theirs!.Person, "offer" => ask.Recipient, _ => null };
        if (ask.Kind is "swap" or "offer" && (recipient is null || recipient == sender)) return Problem.Unprocessable("Choose a colleague.", "recipient", "recipient-missing");
        var (state, assigned) = RequestMachine.Begin(ask.Kind);
        return new ShiftRequest
        {
            Id = id, Team = mine?.Team ?? ask.Team!.Value, Kind = ask.Kind, State = state, AssignedTo = assigned, Sender = sender, Recipient = recipient, Shift = ask.Kind == "off" ? null : ask.Shift,
            OtherShift = ask.Kind == "swap" ? ask.OtherShift : null, StartsAt = ask.Kind == "off" ? ask.StartsAt : null, EndsAt = ask.Kind == "off" ? ask.EndsAt : null, Reason = ask.Kind == "off" ? ask.Reason : null,
            Message = ask.Message.Trim(), Task = task ?? id.ToString(),
        };
    }

    /// <summary>12.4: members ask, whoever manages the schedule changes it instead. A claim may come from a sibling team (SH-23).</summary>
    private async Task<Outcome<Schedule>> MayAsk(Tx tx, Caller? caller, ShiftRequest r, Dictionary<Guid, ShiftItem> shifts)
    {
        if (await ShiftAccess.Schedule(tx, r.Team) is not { Enabled: true } schedule) return ShiftSql.Unknown;
        var staff = await ShiftAccess.Staff(tx, r.Team);
        if (!staff.Contains(r.Sender) && !(r.Kind == "claim" && await FromSibling(tx, schedule, r.Sender, shifts[r.Shift!.Value]))) return ShiftSql.Unknown;
        if (caller is not null && staff.Contains(r.Sender) && await access.Take(tx, caller, r.Team) is { Ok: false } no) return no.Problem;
        if (await ShiftAccess.Edits(tx, r.Team, r.Sender)) return Problem.Forbidden("Whoever manages a schedule changes it; requests are the members'.", "manager-asks");
        if (r.Recipient is { } recipient && !staff.Contains(recipient)) return Problem.Unprocessable("The colleague is not of this team.", "recipient", "not-member");
        var on = r.Kind switch { "swap" => schedule.Swaps, "offer" => schedule.Offers, "claim" => schedule.OpenShifts, _ => schedule.TimeOff };
        if (!on) return Problem.Conflict("This team has switched such requests off.", "requests-off");
        if (r.Reason is { } reason && !await tx.Scalar<bool>("select exists (select from collab.time_off_reason where tenant = @Tenant and team = @Team and id = @reason and active)", new { tx.Tenant, r.Team, reason }))
        {
            return Problem.Unprocessable("This reason is not of this schedule, or no longer in use.", "reason", "reason-unknown");
        }
        if (r.Kind != "claim") return schedule;
        if (shifts[r.Shift!.Value].Slots == 0) return Problem.Conflict("All places of this open shift are taken.", "no-slots");
        return staff.Contains(r.Sender) && !await InGroup(tx, shifts[r.Shift.Value].Group!.Value, r.Sender)
            ? Problem.Forbidden("This open shift is for another group.", "not-in-group") : schedule;
    }

    private static Task<bool> InGroup(Tx tx, Guid group, Guid person) => tx.Scalar<bool>(
        "select exists (select from collab.shift_group_member where tenant = @Tenant and shift_group = @group and person = @person)", new { tx.Tenant, group, person });

    /// <summary>SH-23: a group of the same name in a team that shares its open shifts as well; never where a workforce system decides.</summary>
    private static async Task<bool> FromSibling(Tx tx, Schedule schedule, Guid person, ShiftItem open) => schedule.CrossLocation && open.Group is { } group && await tx.Scalar<bool>("""
        select exists (select from collab.shift_group g join collab.shift_group h on h.tenant = g.tenant and h.team <> g.team and lower(h.name) = lower(g.name) and h.active
            join collab.schedule s on s.tenant = h.tenant and s.team = h.team and s.cross_location and s.enabled
            join collab.shift_group_member m on m.tenant = h.tenant and m.shift_group = h.id and m.person = @person
            join collab.team_member t on t.tenant = h.tenant and t.team = h.team and t.person = m.person and t.role <> 'Guest'
          where g.tenant = @Tenant and g.id = @group and not exists (select from collab.workforce w where w.tenant = g.tenant and w.team in (g.team, h.team)))
        """, new { tx.Tenant, person, group });
}
