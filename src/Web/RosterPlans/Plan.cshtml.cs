using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Web.Shifts;

namespace HealthTeams.Web.RosterPlans;

/// <summary>A plan while it is made and when it is: the roster it would be, in numbers and reasons, and what to do with it.</summary>
public sealed class RosterPlanPage(Planning planning, LayPlan lay) : StaffPage
{
    private ILookup<(Guid Person, int Day), Shown> cells = null!;

    public PlanView View { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public IReadOnlyList<RosterPlan> Others { get; private set; } = [];
    public RosterPlan Plan => View.Plan;
    public Guid Team => Plan.Team;
    public string RosterZone => View.Place.Schedule.Zone;
    public string Here => $"/shifts/{Team}/plans/{Plan.Id}";

    public async Task<IActionResult> OnGetAsync(Guid team, Guid id, string? part) => await Load(team, id) ?? (part == "list" ? Partial("_Plan", this) : Page());

    /// <summary>POST …?handler=halt: "Stop and keep".</summary>
    public async Task<IActionResult> OnPostHaltAsync(Guid team, Guid id) => await Done(team, id, (await planning.Halt(Me, team, id, Stop)).Problem);

    /// <summary>POST …?handler=lay: into the roster, as drafts.</summary>
    public async Task<IActionResult> OnPostLayAsync(Guid team, Guid id, int version) => await Done(team, id, (await lay.Lay(Me, team, id, version, Stop)).Problem);

    /// <summary>POST …?handler=undo: out of the roster again.</summary>
    public async Task<IActionResult> OnPostUndoAsync(Guid team, Guid id) => await Done(team, id, (await lay.Undo(Me, team, id, Stop)).Problem);

    public async Task<IActionResult> OnPostDiscardAsync(Guid team, Guid id, int version)
    {
        var done = await planning.Discard(Me, team, id, version, Stop);
        return done.Ok ? SeeOther($"/shifts/{team}/plans") : await Done(team, id, done.Problem);
    }

    /// <summary>POST …?handler=pin: this cell stays, or is forbidden, the next time.</summary>
    public async Task<IActionResult> OnPostPinAsync(Guid team, Guid id, Guid person, string? day, int? shift, bool forbid)
    {
        if (ShiftTimes.Day(day) is not { } on) return BadRequest();
        var done = await planning.Pin(Me, team, id, new PlanLock(person, on, shift, forbid), Stop);
        return done.Ok ? SeeOther($"/shifts/{team}/plans/{id}#c-{person}_{on:yyyy-MM-dd}") : await Done(team, id, done.Problem);
    }

    /// <summary>POST …?handler=again: solved again from here, with other weights and what is kept.</summary>
    public async Task<IActionResult> OnPostAgainAsync(Guid team, Guid id, int? seconds)
    {
        if (await Load(team, id) is { } refused) return refused;
        var ask = Plan.Ask with
        {
            Weights = PlanForm.Weights(Request.Form, Plan.Ask.Weights), MostNights = PlanForm.Number(Request.Form, "mostNights"), MostWeekends = PlanForm.Number(Request.Form, "mostWeekends"),
            Locks = [.. Plan.Ask.Locks.Where(l => !Plan.Next.Any(n => n.Person == l.Person && n.Day == l.Day)), .. Plan.Next],
        };
        var begun = await planning.Begin(Me, team, "plan", Plan.First, Plan.Days, ask, seconds, id, Stop);
        return begun.Ok ? SeeOther($"/shifts/{team}/plans/{begun.Value}") : await Done(team, id, begun.Problem);
    }

    private async Task<IActionResult> Done(Guid team, Guid id, Problem? problem)
    {
        if (problem is null) return SeeOther($"/shifts/{team}/plans/{id}");
        if (problem.Status is 403 or 404 || await Load(team, id) is not null) return Refuse(problem);
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, Guid id)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var view = await planning.Look(Me, team, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        View = view.Value;
        cells = Cells().ToLookup(c => c.Key, c => c.Shown);
        Others = [.. (await planning.Made(Me, team, Stop)).Value.Where(p => p.Id != id && p.CellsJson is not null && !p.Illness)];
        return null;
    }

    /// <summary>What a cell shows: what stands, what is planned, and a draft the plan takes away.</summary>
    public IEnumerable<Shown> Cell(Guid person, int day) => cells[(person, day)];

    /// <param name="How">"stands", "off", "new", "same" or "gone".</param>
    public sealed record Shown(string Text, string Theme, string How, int? Shift);

    private IEnumerable<((Guid, int) Key, Shown Shown)> Cells()
    {
        var facts = View.Facts;
        var moved = facts.Movable.Values.Select(m => m.Id).ToHashSet();
        var reasons = facts.Roster.Reasons.ToDictionary(r => r.Id, r => r.Name);
        foreach (var item in facts.Roster.Items.Where(i => i is { Person: not null, Removed: false } && !moved.Contains(i.Id)))
        {
            var first = facts.Roster.DayOf(item).DayNumber - Plan.First.DayNumber;
            var last = item.Kind == "off" ? ShiftRules.Day(item.EndsAt.AddTicks(-1), facts.Rules).DayNumber - Plan.First.DayNumber : first;
            var shown = item.Kind == "off" ? new Shown(reasons.GetValueOrDefault(item.Reason ?? Guid.Empty, ""), item.Theme, "off", null) : new Shown(item.Label, item.Theme, "stands", null);
            for (var day = Math.Max(0, first); day <= last && day < Plan.Days; day++) yield return ((item.Person!.Value, day), shown);
        }
        var planned = Plan.Cells.Where(c => c.Shift < facts.Shifts.Count).ToHashSet();
        foreach (var cell in planned) yield return ((cell.Person, cell.Day), Of(cell, facts.Movable.ContainsKey(cell) ? "same" : "new"));
        foreach (var cell in facts.Movable.Keys.Where(c => !planned.Contains(c))) yield return ((cell.Person, cell.Day), Of(cell, "gone"));

        Shown Of(PlanCell cell, string how) => new(facts.Shifts[cell.Shift].Label, facts.Shifts[cell.Shift].Theme, how, how == "gone" ? null : cell.Shift);
    }
}
