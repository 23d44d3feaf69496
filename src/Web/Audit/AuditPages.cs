using System.Globalization;
using HealthTeams.Collaboration.Audit;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Audit;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Audit;

/// <summary>Who, what, whom, when: as the address says it.</summary>
public abstract class TrailBase : AdminPage
{
    [BindProperty(SupportsGet = true)] public Guid? Person { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Patient { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Team { get; set; }
    [BindProperty(SupportsGet = true)] public string? What { get; set; }
    [BindProperty(SupportsGet = true)] public DateOnly? From { get; set; }
    [BindProperty(SupportsGet = true)] public DateOnly? To { get; set; }

    public IReadOnlyList<(Guid Id, string Name)> Named { get; private set; } = [];
    public IReadOnlyList<(Guid Id, string Name)> Teams { get; private set; } = [];

    protected TrailQuestion Question => new(Person, Patient, Team, What, From is { } f ? Start(f) : null, To is { } t ? Start(t.AddDays(1)) : null);

    public string? NameOf(Guid? id) => Named.FirstOrDefault(n => n.Id == id).Name;

    protected async Task Names(PeopleDirectory people, PolicyDesk desk)
    {
        Named = await people.Names(Me, [.. new[] { Person, Patient }.OfType<Guid>()], Stop);
        Teams = (await desk.Groups(Me, Stop)).Value.Teams;
    }

    protected DateTimeOffset Start(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, Hospital.Zone.GetUtcOffset(local)).ToUniversalTime();
    }
}

/// <summary>The trail, searched. Looking is on record.</summary>
public sealed class TrailPage(Trail trail, PeopleDirectory people, PolicyDesk desk) : TrailBase
{
    [BindProperty(SupportsGet = true)] public string? Before { get; set; }

    public IReadOnlyList<TrailLine> Lines { get; private set; } = [];
    public string? Next { get; private set; }

    public async Task OnGetAsync()
    {
        (DateTimeOffset, Guid)? before = Before?.Split('_') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t <= DateTimeOffset.MaxValue.UtcTicks && Guid.TryParse(id, out var key)
            ? (new DateTimeOffset(t, TimeSpan.Zero), key) : null;
        var lines = await trail.Search(Me, Question, before, Stop);
        if (lines.Count > Trail.PageSize)
        {
            lines = [.. lines.Take(Trail.PageSize)];
            Next = string.Create(CultureInfo.InvariantCulture, $"{lines[^1].At.UtcTicks}_{lines[^1].Id}");
        }
        Lines = lines;
        await Names(people, desk);
    }

    public string Link(string before) => "/admin/audit" + Microsoft.AspNetCore.Http.QueryString.Create([.. Request.Query.Where(q => q.Key != "before"), new("before", before)]).Value;
}

/// <summary>Exports: asked for, their progress, downloaded.</summary>
public sealed class ExportsPage(Discovery discovery, PeopleDirectory people, PolicyDesk desk) : TrailBase
{
    public IReadOnlyList<DiscoveryJob> Jobs { get; private set; } = [];
    public Problem? Problem { get; private set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    public async Task<IActionResult> OnPostAsync()
    {
        var asked = await discovery.Ask(Me, Question, Stop);
        return asked.Ok ? SeeOther("/admin/audit/exports") : await Look(asked.Problem);
    }

    public async Task<IActionResult> OnGetFileAsync(Guid id, bool csv)
    {
        if (await discovery.Open(Me, id, csv, Stop) is not { } content) return NotFound();
        return File(content, csv ? "text/csv" : "application/x-ndjson", $"audit-{id:N}.{(csv ? "csv" : "ndjson")}");
    }

    private async Task<IActionResult> Look(Problem? problem)
    {
        (Jobs, Problem) = (await discovery.All(Me, Stop), problem);
        await Names(people, desk);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}

/// <summary>Legal holds.</summary>
public sealed class HoldsPage(LegalHolds holds, PolicyDesk desk, PeopleDirectory people) : AdminPage
{
    private IReadOnlyList<(Guid Id, string Name)> names = [];

    public IReadOnlyList<LegalHold> Rows { get; private set; } = [];
    public IReadOnlyList<(Guid Id, string Name)> Teams { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public string? Typed { get; private set; }

    public Task<IActionResult> OnGetAsync() => Look(null);

    public async Task<IActionResult> OnPostAsync(Guid? person, Guid? patient, Guid? team, Guid? conversation, string? reason)
    {
        var (kind, target) = (person, patient, team, conversation) switch
        {
            ({ } p, null, null, null) => ("person", p),
            (null, { } p, null, null) => ("patient", p),
            (null, null, { } t, null) => ("team", t),
            (null, null, null, { } c) => ("conversation", c),
            _ => ("", Guid.Empty),
        };
        var set = await holds.Set(Me, kind, target, reason ?? "", Stop);
        if (set.Ok) return SeeOther("/admin/audit/holds");
        Typed = reason;
        return await Look(set.Problem);
    }

    public async Task<IActionResult> OnPostEndAsync(Guid id)
    {
        var ended = await holds.End(Me, id, Stop);
        return ended.Ok ? SeeOther("/admin/audit/holds") : Refuse(ended.Problem);
    }

    public string NameOf(LegalHold hold) => names.Concat(Teams).FirstOrDefault(n => n.Id == hold.Target).Name ?? hold.Target.ToString();

    private async Task<IActionResult> Look(Problem? problem)
    {
        (Rows, Problem) = (await holds.All(Me, Stop), problem);
        Teams = (await desk.Groups(Me, Stop)).Value.Teams;
        names = await people.Names(Me, [.. Rows.Where(r => r.Kind is "person" or "patient").Select(r => r.Target).Distinct()], Stop);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}

/// <summary>How fast urgent messages are read and taken, per team: a chart, and the same as a table and as CSV.</summary>
public sealed class UrgentTimesPage(UrgentTimes times) : AdminPage
{
    [BindProperty(SupportsGet = true)] public int Days { get; set; } = 30;
    [BindProperty(SupportsGet = true)] public string Priority { get; set; } = "urgent";

    public IReadOnlyList<UrgentTime> Rows { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(bool csv = false)
    {
        (Days, Priority) = (Math.Clamp(Days, 1, 366), Priority == "important" ? "important" : "urgent");
        Rows = await times.Of(Me, Priority, Now.AddDays(-Days), Now, Stop);
        if (!csv) return Page();
        var lines = Rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"\"{r.Team.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{r.Sent},{r.Read},{r.Acknowledged},{r.ReadHalf:0},{r.ReadMost:0},{r.AcknowledgedHalf:0},{r.AcknowledgedMost:0}"));
        return File(System.Text.Encoding.UTF8.GetBytes("team,sent,read,acknowledged,read_median_s,read_p90_s,acknowledged_median_s,acknowledged_p90_s\n" + string.Join('\n', lines) + "\n"), "text/csv", $"{Priority}-times.csv");
    }

    /// <summary>Of the longest bar, in per cent.</summary>
    public double Width(double? seconds) => seconds is { } s && Rows.Max(r => Math.Max(r.ReadMost ?? 0, r.AcknowledgedMost ?? 0)) is > 0 and var longest ? Math.Round(100 * s / longest, 1) : 0;

    /// <summary>"2 min 05 s".</summary>
    public static string Lasted(double? seconds) => seconds is not { } s ? "—" : s < 60 ? string.Create(CultureInfo.InvariantCulture, $"{s:0} s") : string.Create(CultureInfo.InvariantCulture, $"{(int)s / 60} min {(int)s % 60:00} s");
}
