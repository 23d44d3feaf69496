using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Shifts;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Shifts;

/// <summary>Many shifts at once: copies of days and weeks, rotations, an Excel file. What is not laid is listed with its reasons.</summary>
public sealed class PlanPage(Rosters rosters, ShiftCopies copies, RosterSheets sheets) : StaffPage
{
    public Roster Roster { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public Laid? Laid { get; private set; }
    public IReadOnlyList<BadRow> Bad { get; private set; } = [];
    public string? Pattern { get; private set; }
    public string? Overriding { get; private set; }
    public IReadOnlyDictionary<Guid, string> Offsets { get; private set; } = new Dictionary<Guid, string>();
    public Guid Team => Roster.Place.Schedule.Team;

    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days) => await Load(team, from, days) ?? Page();

    /// <summary>POST …?handler=copy.</summary>
    public async Task<IActionResult> OnPostCopyAsync(Guid team, string? first, int copied, string? to, bool activities, string? overriding)
    {
        if (await Load(team, first, copied) is { } refused) return refused;
        Overriding = overriding;
        if (ShiftTimes.Day(first) is not { } from || ShiftTimes.Day(to) is not { } target) return Again(Problem.Unprocessable("A day is written 2026-11-30.", "to", "time-format"));
        return Show(await copies.Copy(Me, team, from, copied, target, activities, overriding, Stop));
    }

    /// <summary>POST …?handler=rotation: a line per day of the cycle, "07:00-15:00 Early" or "off"; people with the day they begin at.</summary>
    public async Task<IActionResult> OnPostRotationAsync(Guid team, string? pattern, Guid? group, string? first, int laid, string? overriding)
    {
        if (await Load(team, first, 7) is { } refused) return refused;
        (Pattern, Overriding) = (pattern, overriding);
        Offsets = Request.Form.Where(f => f.Key.StartsWith("at-", StringComparison.Ordinal) && Guid.TryParse(f.Key.AsSpan(3), out _)).ToDictionary(f => Guid.Parse(f.Key.AsSpan(3)), f => f.Value.ToString());
        var people = Offsets.Where(o => int.TryParse(o.Value, System.Globalization.CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 84)
            .Select(o => new PatternPerson(o.Key, int.Parse(o.Value, System.Globalization.CultureInfo.InvariantCulture) - 1)).ToList();
        if (ShiftTimes.Day(first) is not { } from) return Again(Problem.Unprocessable("A day is written 2026-11-30.", "first", "time-format"));
        if (PatternLines.Read(pattern) is not { } cycle) return Again(Problem.Unprocessable("Write one day on a line: 07:00-15:00 Early, or off.", "pattern", "pattern-format"));
        return Show(await copies.Rotate(Me, team, group, cycle, people, from, laid, overriding, Stop));
    }

    /// <summary>POST …?handler=import.</summary>
    [RequestSizeLimit(Sheet.MaxBytes + 100_000)]
    public async Task<IActionResult> OnPostImportAsync(Guid team, IFormFile? file, string? overriding)
    {
        if (await Load(team, null, 7) is { } refused) return refused;
        Overriding = overriding;
        if (file is null) return Again(Problem.Unprocessable("Choose a file.", "file", "file-missing"));
        await using var stream = file.OpenReadStream();
        var sheet = SheetReader.Read(stream, file.FileName);
        if (!sheet.Ok) return Again(sheet.Problem);
        var done = await sheets.Import(Me, team, sheet.Value, overriding, Stop);
        if (!done.Ok) return Again(done.Problem);
        (Bad, Laid) = (done.Value.Bad, done.Value.Laid);
        if (Bad.Count > 0) Response.StatusCode = 422;
        return Page();
    }

    private PageResult Show(Outcome<Laid> done)
    {
        if (!done.Ok) return Again(done.Problem);
        Laid = done.Value;
        return Page();
    }

    private PageResult Again(Problem problem)
    {
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, string? from, int? days)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var roster = await rosters.Read(Me, team, ShiftTimes.Day(from), days ?? 7, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        Roster = roster.Value;
        return Roster.Place.Manager ? null : Refuse(Problem.Forbidden("Planning is for the owners of the schedule.", "not-manager"));
    }
}

/// <summary>A cycle as people type it. Pure.</summary>
internal static class PatternLines
{
    public static IReadOnlyList<PatternDay?>? Read(string? text)
    {
        var days = new List<PatternDay?>();
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line is "-" or "–" || line.Equals("off", StringComparison.OrdinalIgnoreCase) || line.Equals("repos", StringComparison.OrdinalIgnoreCase))
            {
                days.Add(null);
                continue;
            }
            var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
            var times = parts[0].Split('-', '–');
            if (times.Length != 2 || ShiftTimes.Minute(times[0]) is not { } from || ShiftTimes.Minute(times[1]) is not { } to) return null;
            days.Add(new PatternDay(parts.Length > 1 ? parts[1] : "", from, to <= from ? to + 1440 : to));
        }
        return days.Count == 0 ? null : days;
    }
}
