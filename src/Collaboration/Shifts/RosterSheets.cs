using System.Globalization;
using HealthTeams.Collaboration.Sheets;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>A row of a file that cannot be a shift, and why.</summary>
public sealed record BadRow(int Row, string Column, string Why);

/// <summary>What a file would make, or did.</summary>
public sealed record SheetOutcome(IReadOnlyList<BadRow> Bad, Laid? Laid);

/// <summary>SH-24: rosters to Excel and back, at most 100 days at once. Requests do not travel.</summary>
public sealed class RosterSheets(Db db, ShiftAccess access, Workforce workforce)
{
    public static readonly IReadOnlyList<string> Columns = ["Person", "Staff number", "Kind", "Group", "Start date", "Start", "End date", "End", "Label", "Skills", "Places", "Reason", "Notes", "Colour", "Paid hours"];

    /// <summary>As the reader may see it: a manager with drafts, others what is shared.</summary>
    public Task<Outcome<(string Name, byte[] File)>> Export(Caller caller, Guid team, DateOnly from, int days, CancellationToken stop) => db.In<Outcome<(string, byte[])>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (days is < 1 or > Rosters.MostDays) return Problem.Unprocessable($"At most {Rosters.MostDays} days are exported at once.", "days", "export-range");
        var roster = await Rosters.Read(tx, place.Value, caller.Person, from, days);
        var numbers = (await tx.Query<(Guid Person, string Value)>("select distinct on (person) person, value from collab.person_identifier where tenant = @Tenant and person = any(@people) order by person, system, value",
            new { tx.Tenant, people = roster.People.Select(p => p.Id).ToArray() })).ToDictionary(n => n.Person, n => n.Value);
        return ($"roster-{from:yyyy-MM-dd}.xlsx", SheetWriter.Xlsx("Roster", Columns, Rows(roster, numbers)));
    }, stop);

    internal static IEnumerable<IReadOnlyList<object?>> Rows(Roster roster, IReadOnlyDictionary<Guid, string> numbers)
    {
        var names = roster.People.ToDictionary(p => p.Id, p => p.Name);
        var groups = roster.Groups.ToDictionary(g => g.Id, g => g.Name);
        var reasons = roster.Reasons.ToDictionary(r => r.Id, r => r.Name);
        foreach (var i in roster.Items.Where(i => !i.Removed))
        {
            var (start, end) = (TimeZoneInfo.ConvertTime(i.StartsAt, roster.Place.Schedule.TimeZone), TimeZoneInfo.ConvertTime(i.EndsAt, roster.Place.Schedule.TimeZone));
            yield return
            [
                i.Person is { } p ? names.GetValueOrDefault(p) : null, i.Person is { } n ? numbers.GetValueOrDefault(n) : null, i.Kind, i.Group is { } g ? groups.GetValueOrDefault(g) : null,
                Day(start), Clock(start), Day(end), Clock(end), i.Label, string.Join(", ", i.Skills), (decimal?)i.Slots, i.Reason is { } r ? reasons.GetValueOrDefault(r) : null, i.Notes, i.Theme,
                i.Kind == "shift" ? (decimal)Math.Round(i.PaidHours, 2) : null,
            ];
        }
    }

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    private static string Clock(DateTimeOffset at) => at.ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Every row is read before one is kept: a file with bad rows makes nothing and names them all. Good ones become drafts as the rules allow.</summary>
    public Task<Outcome<SheetOutcome>> Import(Caller caller, Guid team, Sheet sheet, string? overriding, CancellationToken stop) => workforce.Guarded<SheetOutcome>(caller, team, async (tx, proposal) =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (sheet.Rows.Count > ShiftCopies.Most) return Problem.Unprocessable($"At most {ShiftCopies.Most} rows are taken at once. Split the file.", "file", "file-rows");
        var missing = new[] { "Start date", "Start", "End" }.Where(c => !sheet.Columns.Contains(c, StringComparer.OrdinalIgnoreCase)).ToList();
        if (missing.Count > 0) return Problem.Unprocessable($"The file has no column {string.Join(", ", missing)}. Export a roster to see how it looks.", "file", "file-columns");
        var roster = await Rosters.Read(tx, place.Value, caller.Person, ShiftRules.Day(tx.Now, place.Value.Schedule.Rules), 1);
        var numbers = (await tx.Query<(string Value, Guid Person)>("select i.value, i.person from collab.person_identifier i join collab.team_member m on m.tenant = i.tenant and m.person = i.person and m.team = @team where i.tenant = @Tenant", new { tx.Tenant, team }))
            .GroupBy(n => n.Value, StringComparer.OrdinalIgnoreCase).Where(n => n.Select(x => x.Person).Distinct().Count() == 1).ToDictionary(n => n.Key, n => n.First().Person, StringComparer.OrdinalIgnoreCase);
        var reader = new RosterRow(roster, numbers, sheet.Columns);
        var (items, bad) = (new List<ShiftItem>(), new List<BadRow>());
        for (var i = 0; i < sheet.Rows.Count; i++)
        {
            var item = reader.Read(sheet.Rows[i], i + 2, bad, tx.NewId());
            if (item is not null) items.Add(item);
        }
        if (items.Count > 0 && (items.Max(i => i.EndsAt) - items.Min(i => i.StartsAt)).TotalDays > Rosters.MostDays + 1) return Problem.Unprocessable($"A file covers at most {Rosters.MostDays} days.", "file", "import-range");
        if (bad.Count > 0) return new SheetOutcome(bad, null);
        var laid = await ShiftCopies.Lay(tx, caller.Person, place.Value, items, overriding, proposal);
        return laid.Ok ? new SheetOutcome([], laid.Value) : tx.Abandon<Outcome<SheetOutcome>>(laid.Problem);
    }, stop);
}

/// <summary>One row of a file as a thing on the roster.</summary>
internal sealed class RosterRow(Roster roster, IReadOnlyDictionary<string, Guid> numbers, IReadOnlyList<string> columns)
{
    private readonly Dictionary<string, int> at = columns.Select((c, i) => (c, i)).DistinctBy(c => c.c.ToLowerInvariant()).ToDictionary(c => c.c, c => c.i, StringComparer.OrdinalIgnoreCase);

    public ShiftItem? Read(IReadOnlyList<object?> row, int number, List<BadRow> bad, Guid id)
    {
        var before = bad.Count;
        void Bad(string column, string why) => bad.Add(new(number, column, why));
        var kind = Text(row, "Kind") is { Length: > 0 } k ? k.ToLowerInvariant() : "shift";
        if (kind is not ("shift" or "open" or "off")) Bad("Kind", "It is shift, open or off.");
        var start = Moment(row, "Start date", "Start", Bad);
        var end = Moment(row, Text(row, "End date").Length > 0 ? "End date" : "Start date", "End", Bad);
        if (Text(row, "End date").Length == 0 && end <= start) end = end.Value.AddDays(1); // a night
        var person = kind == "open" ? null : Person(row, Bad);
        var group = Named(Text(row, "Group"), roster.Groups.Where(g => g.Active).Select(g => (g.Id, g.Name)), "Group", Bad);
        var reason = kind == "off" ? Named(Text(row, "Reason"), roster.Reasons.Where(r => r.Active).Select(r => (r.Id, r.Name)), "Reason", Bad) : null;
        if (kind == "off" && reason is null && bad.Count == before) Bad("Reason", "Time off has a reason.");
        int? slots = kind == "open" ? int.TryParse(Text(row, "Places"), CultureInfo.InvariantCulture, out var n) ? n : 1 : null;
        if (bad.Count > before || start is null || end is null) return null;
        var theme = Text(row, "Colour") is { Length: > 0 } colour && ShiftItem.Themes.Contains(colour) ? colour : "white";
        var said = new ShiftSaid(null, 0, kind, person, kind == "off" ? null : group, reason, slots, start.Value, end.Value, Text(row, "Label"), Text(row, "Notes"), theme, [],
            [.. Text(row, "Skills").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)], false, null);
        if (ShiftFields.Wrong(said) is { } wrong)
        {
            Bad(wrong.Where ?? "", wrong.Detail);
            return null;
        }
        return ShiftFields.Next(said, roster.Place.Schedule.Team, null, () => id);
    }

    private Guid? Person(IReadOnlyList<object?> row, Action<string, string> bad)
    {
        if (Text(row, "Staff number") is { Length: > 0 } number)
        {
            if (numbers.TryGetValue(number, out var known)) return known;
            bad("Staff number", $"Nobody of the team has the number {number}.");
            return null;
        }
        var name = Text(row, "Person");
        var found = roster.People.Where(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found.Count == 1) return found[0].Id;
        bad("Person", found.Count == 0 ? (name.Length == 0 ? "Who is it?" : $"Nobody of the team is called {name}.") : $"Several are called {name}: give the staff number.");
        return null;
    }

    private static Guid? Named(string name, IEnumerable<(Guid Id, string Name)> all, string column, Action<string, string> bad)
    {
        if (name.Length == 0) return null;
        var found = all.Where(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase)).Select(a => (Guid?)a.Id).FirstOrDefault();
        if (found is null) bad(column, $"This schedule has no {name}.");
        return found;
    }

    private DateTimeOffset? Moment(IReadOnlyList<object?> row, string dayColumn, string timeColumn, Action<string, string> bad)
    {
        DateOnly? day = At(row).GetValueOrDefault(dayColumn) switch
        {
            DateTime d => DateOnly.FromDateTime(d),
            string s when DateOnly.TryParseExact(s.Trim(), ["yyyy-MM-dd", "dd-MMM-yyyy", "dd/MM/yyyy", "dd.MM.yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var d) => d,
            _ => null,
        };
        int? minute = At(row).GetValueOrDefault(timeColumn) switch
        {
            DateTime t => (int)t.TimeOfDay.TotalMinutes,
            decimal fraction when fraction is >= 0 and < 1 => (int)Math.Round(fraction * 1440),
            string s when TimeOnly.TryParseExact(s.Trim(), ["HH:mm", "H:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var t) => t.Hour * 60 + t.Minute,
            _ => null,
        };
        if (day is { Year: < 2000 or > 2200 }) day = null;
        if (day is null) bad(dayColumn, "A day is written 2026-11-30.");
        if (minute is null) bad(timeColumn, "A time is written 07:00.");
        return day is { } d1 && minute is { } m1 ? CoverRules.At(d1, m1, roster.Place.Schedule.TimeZone) : null;
    }

    private Dictionary<string, object?> At(IReadOnlyList<object?> row) => at.ToDictionary(a => a.Key, a => a.Value < row.Count ? row[a.Value] : null, StringComparer.OrdinalIgnoreCase);

    private string Text(IReadOnlyList<object?> row, string column) => at.TryGetValue(column, out var i) && i < row.Count ? Convert.ToString(row[i], CultureInfo.InvariantCulture)?.Trim().TrimStart('\'') ?? "" : "";
}
