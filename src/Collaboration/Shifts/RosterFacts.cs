using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>What the rules need of some people around a time, in three questions whatever their number.</summary>
internal static class RosterFacts
{
    private static readonly TimeSpan Around = TimeSpan.FromDays(35);

    /// <param name="drafts">As the team's managers plan; else as all see it.</param>
    public static async Task<Dictionary<Guid, Worker>> Load(Tx tx, Guid team, IReadOnlyCollection<Guid> people, DateTimeOffset from, DateTimeOffset to, bool drafts)
    {
        var all = people.Distinct().ToArray();
        var (names, items) = await tx.Query<Person, ShiftItem>(
            ("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@all)", new { tx.Tenant, all }),
            ($"""
            select {ShiftItem.Columns} from collab.shift s
            where s.tenant = @Tenant and s.person = any(@all) and s.starts_at < @to and s.ends_at > @from and not s.removed
              and case when s.draft then @drafts and s.team = @team
                  else not (@drafts and exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft)) end
            """, new { tx.Tenant, all, team, drafts, from = from - Around, to = to + Around }));
        var (skills, times) = await tx.Query<SkillRow, TimeRow>(
            ("select person, skill, until from collab.person_skill where tenant = @Tenant and person = any(@all)", new { tx.Tenant, all }),
            ("select person, weekday, from_minute as FromMinute, to_minute as ToMinute, zone from collab.availability where tenant = @Tenant and person = any(@all)", new { tx.Tenant, all }));
        var duties = items.ToLookup(i => i.Person!.Value);
        var can = skills.ToLookup(s => s.Person);
        var when = times.ToLookup(t => t.Person);
        return names.ToDictionary(p => p.Id, p => new Worker(p.Id, p.Display, [.. duties[p.Id].Select(i => i.AsDuty(team))],
            can[p.Id].ToDictionary(s => s.Skill, s => s.Until, StringComparer.OrdinalIgnoreCase),
            [.. when[p.Id].Select(t => new Available((DayOfWeek)t.Weekday, t.FromMinute, t.ToMinute, t.Zone))]));
    }

    /// <summary>Two changes of one person's time wait for each other: rules that both keep alone, both together may break.</summary>
    public static void Lock(Tx tx, IEnumerable<Guid> people) => Locks.Take(tx, [.. people.Distinct().Select(p => $"roster|{p}")]);

    private sealed record SkillRow
    {
        public Guid Person { get; init; }
        public string Skill { get; init; } = "";
        public DateOnly? Until { get; init; }
    }

    private sealed record TimeRow
    {
        public Guid Person { get; init; }
        public int Weekday { get; init; }
        public int FromMinute { get; init; }
        public int ToMinute { get; init; }
        public string Zone { get; init; } = "";
    }
}

/// <summary>All broken rules as one refusal. "Where" carries them for programs and for the pages' own words.</summary>
public static class BrokenRules
{
    public const string Code = "shift-rules";

    public static Problem Refusal(IReadOnlyList<Broken> broken) => new(422, Code, string.Join(". ", broken.Select(b => b.Words)) + ".", Write(broken));

    public static string Write(IEnumerable<Broken> broken) =>
        string.Join(';', broken.Select(b => string.Join('|', new[] { b.Rule, b.Hard ? "hard" : "soft", b.Who }.Concat(b.Values).Select(Uri.EscapeDataString))));

    public static IReadOnlyList<Broken> Read(string? where) =>
    [
        .. (where ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(b => b.Split('|').Select(Uri.UnescapeDataString).ToArray())
            .Where(p => p.Length >= 3 && Broken.Sentences.ContainsKey(p[0])).Select(p => new Broken(p[0], p[1] == "hard", p[2], p[3..])),
    ];
}
