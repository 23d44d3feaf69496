using System.Globalization;
using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Web.Shifts;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.RosterPlans;

/// <summary>Where a manager says what is to be planned; what the roster knows already stands there.</summary>
public sealed class PlansPage(Planning planning) : StaffPage
{
    public PlanStart Start { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public DateOnly First { get; private set; }
    public int Days { get; private set; }
    public int Seconds { get; private set; }
    public PlanAsk Ask { get; private set; } = new();
    public IReadOnlyList<PlanShift> Shifts { get; private set; } = [];
    public Guid Team => Start.Place.Schedule.Team;

    public bool Chosen(Guid group) => Ask.Groups.Length == 0 ? Shifts.Any(s => s.Group == group) : Ask.Groups.Contains(group);

    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days) => await Load(team, from, days) ?? Page();

    public async Task<IActionResult> OnPostAsync(Guid team, string? first, int days, int? seconds)
    {
        if (await Load(team, first, days) is { } refused) return refused;
        Ask = PlanForm.Read(Request.Form);
        (Shifts, Days, Seconds) = (Ask.Shifts, days, seconds ?? planning.Limits.Seconds);
        if (ShiftTimes.Day(first) is not { } from) return Again(Problem.Unprocessable("A day is written 2026-11-30.", "first", "time-format"));
        var begun = await planning.Begin(Me, team, "plan", from, days, Ask, seconds, null, Stop);
        return begun.Ok ? SeeOther($"/shifts/{team}/plans/{begun.Value}") : Again(begun.Problem);
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
        var today = HospitalTime.Day(Now, Zone);
        // The Monday after next: what is nearer is shared as a rule.
        First = ShiftTimes.Day(from) ?? today.AddDays(8 - (int)today.DayOfWeek);
        Days = Math.Clamp(days is > 7 or 7 ? days.Value : 28, 1, Planning.MostDays);
        var start = await planning.Start(Me, team, First, Days, Stop);
        if (!start.Ok) return Refuse(start.Problem);
        (Start, Shifts, Seconds) = (start.Value, start.Value.Usual, planning.Limits.Seconds);
        return null;
    }
}

/// <summary>The fields of a plan as a form brings them. Pure.</summary>
internal static class PlanForm
{
    public static PlanAsk Read(IFormCollection form) => new()
    {
        Groups = [.. form["groups"].Select(g => Guid.TryParse(g, out var id) ? id : Guid.Empty).Where(g => g != Guid.Empty)],
        Shifts = [.. Enumerable.Range(0, Planning.MostShifts).Where(n => !string.IsNullOrWhiteSpace(form[$"s{n}-label"])).Select(n => Shift(form, n))],
        MoveDrafts = form["moveDrafts"] == "true", Weights = Weights(form, new PlanWeights()), MostNights = Number(form, "mostNights"), MostWeekends = Number(form, "mostWeekends"),
    };

    public static PlanWeights Weights(IFormCollection form, PlanWeights otherwise) => new()
    {
        Staff = Number(form, "w-staff") ?? otherwise.Staff, Wishes = Number(form, "w-wishes") ?? otherwise.Wishes, Nights = Number(form, "w-nights") ?? otherwise.Nights,
        Weekends = Number(form, "w-weekends") ?? otherwise.Weekends, Shifts = Number(form, "w-shifts") ?? otherwise.Shifts, DaysOff = Number(form, "w-daysoff") ?? otherwise.DaysOff,
    };

    public static int? Number(IFormCollection form, string name) => int.TryParse(form[name], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static PlanShift Shift(IFormCollection form, int n)
    {
        var (from, to) = (ShiftTimes.Minute(form[$"s{n}-from"]) ?? -1, ShiftTimes.Minute(form[$"s{n}-to"]) ?? -1);
        return new PlanShift
        {
            Label = form[$"s{n}-label"].ToString().Trim(), FromMinute = from, ToMinute = to < 0 ? -1 : to <= from ? to + 1440 : to, Theme = form[$"s{n}-theme"].ToString() is { Length: > 0 } theme ? theme : "white",
            Group = Guid.TryParse(form[$"s{n}-group"], out var group) ? group : null, Needed = [.. Enumerable.Range(0, 7).Select(d => Number(form, $"s{n}-{d}") ?? (string.IsNullOrWhiteSpace(form[$"s{n}-{d}"]) ? 0 : -1))],
            Skills = form[$"s{n}-skills"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        };
    }
}
