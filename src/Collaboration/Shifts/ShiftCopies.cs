using System.Text.Json;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>What came of laying many shifts at once: how many stand, and each that does not, with why.</summary>
public sealed record Laid(int Made, IReadOnlyList<NotLaid> Not);

public sealed record NotLaid(DateOnly Day, string Label, IReadOnlyList<Broken> Broken);

/// <summary>A rotation: what is worked on each day of a cycle. Null is a day off.</summary>
public sealed record PatternDay(string Label, int FromMinute, int ToMinute, string Theme = "white");

/// <summary>Somebody in a rotation, so many days into it.</summary>
public sealed record PatternPerson(Guid Person, int Offset);

/// <summary>What a copy or a rotation makes, without looking at rules: pure.</summary>
public static class Patterns
{
    /// <summary>Wall times stay what they are, whatever summer time does in between.</summary>
    public static ShiftItem Shifted(ShiftItem item, int days, TimeZoneInfo zone, bool activities, Guid id) => item with
    {
        Id = id, Draft = true, Removed = false, Version = 1, Override = null, Overridden = [],
        StartsAt = Moved(item.StartsAt, days, zone), EndsAt = Moved(item.EndsAt, days, zone),
        ActivitiesJson = activities ? JsonSerializer.Serialize(item.Activities.Select(a => a with { Start = Moved(a.Start, days, zone), End = Moved(a.End, days, zone) }), JsonSerializerOptions.Web) : "[]",
    };

    public static IEnumerable<ShiftItem> Rotation(Guid team, Guid? group, IReadOnlyList<PatternDay?> cycle, IReadOnlyList<PatternPerson> people, DateOnly from, int days, TimeZoneInfo zone, Func<Guid> newId) =>
        Enumerable.Range(0, days).SelectMany(day => people, (day, who) => (Day: day, who.Person, Work: cycle[((day + who.Offset) % cycle.Count + cycle.Count) % cycle.Count]))
            .Where(p => p.Work is not null).Select(p => new ShiftItem
            {
                Id = newId(), Draft = true, Team = team, Kind = "shift", Person = p.Person, Group = group, Label = p.Work!.Label, Theme = p.Work.Theme,
                StartsAt = CoverRules.At(from.AddDays(p.Day), p.Work.FromMinute, zone), EndsAt = CoverRules.At(from.AddDays(p.Day), p.Work.ToMinute, zone),
            });

    private static DateTimeOffset Moved(DateTimeOffset at, int days, TimeZoneInfo zone)
    {
        var wall = TimeZoneInfo.ConvertTime(at, zone).DateTime;
        return CoverRules.At(DateOnly.FromDateTime(wall).AddDays(days), (int)wall.TimeOfDay.TotalMinutes, zone);
    }
}

/// <summary>Copies of days, weeks and ranges, rotations, imports: drafts, each checked by all rules on top of those laid before it.</summary>
public sealed class ShiftCopies(ShiftAccess access, Workforce workforce)
{
    public const int MostDays = 100;
    public const int Most = 5000;

    public Task<Outcome<Laid>> Copy(Caller caller, Guid team, DateOnly from, int days, DateOnly to, bool activities, string? overriding, CancellationToken stop) => workforce.Guarded<Laid>(caller, team, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (days is < 1 or > MostDays) return Problem.Unprocessable($"At most {MostDays} days are copied at once.", "days", "copy-range");
        var shift = to.DayNumber - from.DayNumber;
        if (shift == 0) return Problem.Unprocessable("Copy to another day than the first.", "to", "copy-range");
        var zone = place.Value.Schedule.TimeZone;
        var items = await tx.Query<ShiftItem>($"""
            select {ShiftItem.Columns} from collab.shift s
            where s.tenant = @Tenant and s.team = @team and s.kind <> 'off' and s.starts_at >= @start and s.starts_at < @end and not s.removed
              and (s.draft or not exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft))
            order by s.starts_at, s.id
            """, new { tx.Tenant, team, start = CoverRules.At(from, 0, zone), end = CoverRules.At(from.AddDays(days), 0, zone) });
        return await Lay(tx, caller.Person, place.Value, [.. items.Select(i => Patterns.Shifted(i, shift, zone, activities && place.Value.Schedule.CopyActivities, tx.NewId()))], overriding, proposal);
    }, stop);

    public Task<Outcome<Laid>> Rotate(Caller caller, Guid team, Guid? group, IReadOnlyList<PatternDay?> cycle, IReadOnlyList<PatternPerson> people, DateOnly from, int days, string? overriding, CancellationToken stop) => workforce.Guarded<Laid>(caller, team, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (cycle.Count is < 1 or > 84 || cycle.All(c => c is null)) return Problem.Unprocessable("A pattern has 1 to 84 days, and work on one of them.", "pattern", "pattern-length");
        if (cycle.Any(c => c is { } d && (d.FromMinute is < 0 or > 1439 || d.ToMinute <= d.FromMinute || d.ToMinute - d.FromMinute > 1440 || d.Label.Length > 80 || !ShiftItem.Themes.Contains(d.Theme))))
        {
            return Problem.Unprocessable("Each day of a pattern has a beginning and an end at most 24 hours later.", "pattern", "pattern-day");
        }
        if (days is < 1 or > 366 || people.Count == 0 || (long)days * people.Count > Most) return Problem.Unprocessable($"A pattern is laid for 1 to 366 days and at most {Most} person-days.", "days", "pattern-range");
        if (people.Select(p => p.Person).Except(await ShiftAccess.Staff(tx, team)).Any()) return Problem.Unprocessable("Only members of the team can be on its roster; guests cannot.", "person", "not-member");
        if (group is { } g && !await tx.Scalar<bool>("select exists (select from collab.shift_group where tenant = @Tenant and team = @team and id = @g and active)", new { tx.Tenant, team, g })) return Problem.Unprocessable("This group is not of this schedule.", "group", "group-unknown");
        return await Lay(tx, caller.Person, place.Value, [.. Patterns.Rotation(team, group, cycle, people, from, days, place.Value.Schedule.TimeZone, tx.NewId)], overriding, proposal);
    }, stop);

    internal static async Task<Outcome<Laid>> Lay(Tx tx, Guid? by, ShiftPlace place, IReadOnlyList<ShiftItem> items, string? overriding, Proposal? proposal = null)
    {
        if (items.Count > Most) return Problem.Unprocessable($"At most {Most} shifts are laid at once.", "days", "copy-range");
        if (items.Count == 0) return new Laid(0, []);
        var people = items.Select(i => i.Person).OfType<Guid>().Distinct().ToList();
        RosterFacts.Lock(tx, people);
        var workers = await RosterFacts.Load(tx, place.Schedule.Team, people, items.Min(i => i.StartsAt), items.Max(i => i.EndsAt), drafts: true);
        var staff = (await ShiftAccess.Staff(tx, place.Schedule.Team)).ToHashSet();
        var (laid, not) = Sort(items, workers, staff, place.Schedule, string.IsNullOrWhiteSpace(overriding) ? null : overriding.Trim());
        await ShiftSql.Write(tx, laid, by);
        proposal?.Add("POST", laid, place.Schedule.Rules);
        if (laid.Count > 0) tx.Publish("shift.drafted", $"schedule/{place.Schedule.Team}", data: new { items = laid.Count });
        return new Laid(laid.Count, not);
    }

    /// <summary>Each on top of those before it.</summary>
    internal static (List<ShiftItem> Laid, List<NotLaid> Not) Sort(IReadOnlyList<ShiftItem> items, Dictionary<Guid, Worker> workers, IReadOnlySet<Guid> staff, Schedule schedule, string? overriding)
    {
        var (laid, not) = (new List<ShiftItem>(), new List<NotLaid>());
        foreach (var item in items)
        {
            if (item.Person is not { } person)
            {
                laid.Add(item);
                continue;
            }
            var worker = workers[person];
            var duty = item.AsDuty(schedule.Team);
            List<Broken> broken = staff.Contains(person) ? [.. ShiftRules.Broken(worker, duty, item.Skills, schedule.Rules)] : [new("not-member", true, worker.Name)];
            if (broken.Any(b => b.Hard) || (broken.Count > 0 && overriding is null))
            {
                not.Add(new(ShiftRules.Day(item.StartsAt, schedule.Rules), item.Label, broken));
                continue;
            }
            workers[person] = worker.With(duty);
            laid.Add(item with { Override = broken.Count > 0 ? overriding : null, Overridden = [.. broken.Select(b => b.Words)] });
        }
        return (laid, not);
    }
}
