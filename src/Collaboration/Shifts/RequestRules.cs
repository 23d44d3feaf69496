namespace HealthTeams.Collaboration.Shifts;

/// <summary>What can be done to a request, and by whom.</summary>
public enum RequestAct { Accept, Decline, Approve, Deny, Withdraw, Void }

/// <summary>The machine of 12.3, exactly: (state, assigned to) and what each act makes of it.</summary>
public static class RequestMachine
{
    public static (string State, string AssignedTo) Begin(string kind) => ("pending", kind is "swap" or "offer" ? "recipient" : "manager");

    /// <summary>Null where the machine has no such step.</summary>
    public static (string State, string AssignedTo)? Next(string state, string assignedTo, RequestAct act) => (state, assignedTo, act) switch
    {
        ("pending", "recipient", RequestAct.Accept) => ("pending", "manager"),
        ("pending", "recipient", RequestAct.Decline) => ("declined", "recipient"),
        ("pending", "manager", RequestAct.Approve) => ("approved", "manager"),
        ("pending", "manager", RequestAct.Deny) => ("declined", "manager"),
        ("pending", _, RequestAct.Void) => ("declined", "system"),
        ("pending", _, RequestAct.Withdraw) => ("withdrawn", assignedTo),
        _ => null,
    };

    public static Problem Refusal(string state, string assignedTo) => state == "pending"
        ? Problem.Conflict($"This request waits for {(assignedTo == "recipient" ? "the colleague who was asked" : "a manager")}: that is not the next step.", "request-step")
        : Problem.Conflict($"This request is {state} already.", "request-over");
}

/// <summary>One thing that would be somebody's.</summary>
public sealed record Move(ShiftItem Item, Guid To);

/// <summary>What a request would break, all rules of all its people together. The same check runs when it is asked and when it is decided.</summary>
public static class RequestRules
{
    public static IReadOnlyList<Broken> Broken(Schedule schedule, IReadOnlyDictionary<Guid, Worker> workers, IReadOnlyList<Move> moves, DateTimeOffset now)
    {
        var found = new List<Broken>();
        var people = workers.ToDictionary(w => w.Key, w => w.Value.Without([.. moves.Select(m => m.Item.Id)]));
        foreach (var begun in moves.Where(m => m.Item.Kind != "off" && m.Item.StartsAt <= now))
        {
            found.Add(new("past", true, people[begun.To].Name, ShiftRules.Moment(begun.Item.StartsAt, schedule.Rules)));
        }
        if (moves is [var one, var other] && Same(one.Item, other.Item)) found.Add(new("identical", true, people[one.To].Name, ShiftRules.Moment(one.Item.StartsAt, schedule.Rules)));
        foreach (var (item, to) in moves)
        {
            var duty = item.AsDuty(schedule.Team);
            found.AddRange(ShiftRules.Broken(people[to], duty, item.Skills, schedule.Rules));
            people[to] = people[to].With(duty);
        }
        return found;
    }

    /// <summary>Minimum staffing: what is short after and was not before.</summary>
    public static IEnumerable<Broken> Cover(Schedule schedule, IReadOnlyList<Cover> covers, IReadOnlyList<ShiftItem> before, IReadOnlyList<ShiftItem> after, IEnumerable<DateOnly> days, Func<Guid, string, DateOnly, bool> has, string team)
    {
        var all = days.ToList();
        var known = CoverRules.Shortages(before, covers, all, schedule.TimeZone, has).ToDictionary(s => (s.Day, s.Cover.Id), s => s.There);
        return CoverRules.Shortages(after, covers, all, schedule.TimeZone, has).Where(s => !known.TryGetValue((s.Day, s.Cover.Id), out var there) || s.There < there)
            .Select(s => new Broken("cover", schedule.ShortStaffed == "refuse", team, ShiftRules.Date(s.Day), ShiftRules.Number(s.There), ShiftRules.Number(s.Cover.People)));
    }

    /// <summary>Days on which fewer people are left than the minimum asks for, and it is this absence that makes it so.</summary>
    public static IEnumerable<Broken> Absence(Schedule schedule, IReadOnlyList<Cover> covers, IReadOnlyList<ShiftItem> away, ShiftItem off, Func<Cover, IReadOnlyList<Guid>> who, string team)
    {
        for (var day = ShiftRules.Day(off.StartsAt, schedule.Rules).AddDays(-1); day <= ShiftRules.Day(off.EndsAt, schedule.Rules); day = day.AddDays(1))
        {
            foreach (var cover in covers.Where(c => c.Weekdays.Contains((int)day.DayOfWeek)))
            {
                var (from, to) = (CoverRules.At(day, cover.FromMinute, schedule.TimeZone), CoverRules.At(day, cover.ToMinute, schedule.TimeZone));
                if (off.StartsAt >= to || off.EndsAt <= from || who(cover) is not { } all || !all.Contains(off.Person!.Value)) continue;
                var gone = away.Where(a => a.StartsAt < to && a.EndsAt > from).Select(a => a.Person!.Value).Append(off.Person.Value).Distinct();
                var left = all.Except(gone).Count();
                if (left < cover.People) yield return new("cover", schedule.ShortStaffed == "refuse", team, ShiftRules.Date(day), ShiftRules.Number(left), ShiftRules.Number(cover.People));
            }
        }
    }

    private static bool Same(ShiftItem a, ShiftItem b) =>
        a.StartsAt == b.StartsAt && a.EndsAt == b.EndsAt && a.Group == b.Group && string.Equals(a.Label, b.Label, StringComparison.OrdinalIgnoreCase);
}
