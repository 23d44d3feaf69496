namespace HealthTeams.Web.Messages;

/// <summary>Who is asked after whom, in words and as a worked example; owners write their team's, administrators the hospital's.</summary>
public sealed class EscalationPage(EscalationPolicies policies) : StaffPage
{
    [BindProperty] public List<StepField> Steps { get; set; } = [];
    [BindProperty] public bool Anyone { get; set; }
    [BindProperty] public int Version { get; set; }
    public Guid? Team { get; private set; }
    public PolicyView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }

    public sealed record StepField
    {
        public int? Minutes { get; set; }
        public StepKind Kind { get; set; }
        public string? Name { get; set; }
        public List<Guid> People { get; set; } = [];
    }

    public async Task<IActionResult> OnGetAsync(Guid? team)
    {
        Team = team;
        var view = await policies.Read(Me, team, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        View = view.Value;
        Steps = [.. View.Policy.Steps.Select(s => new StepField { Minutes = s.AfterMinutes, Kind = s.Kind, Name = s.Name, People = [.. s.People] })];
        (Anyone, Version) = (View.Policy.Anyone, View.Own ? View.Policy.Version : 0);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid? team)
    {
        var policy = new EscalationPolicy(team, Anyone, [.. Steps.Where(s => s.Minutes is not null).Select(s => new EscalationStep(s.Minutes!.Value, s.Kind, s.Kind is StepKind.Role or StepKind.OnShift ? s.Name : null, s.Kind == StepKind.People ? s.People : []))]);
        var saved = await policies.Save(Me, team, policy, Version, Stop);
        if (saved.Ok) return SeeOther($"/messages/escalation/{team}");
        if (saved.Problem.Status is 403 or 404) return Refuse(saved.Problem);
        var view = await policies.Read(Me, team, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        (Team, View, Problem) = (team, view.Value, saved.Problem);
        Response.StatusCode = Problem.Status;
        return Page();
    }

    public async Task<IActionResult> OnPostDefaultsAsync(Guid? team)
    {
        var dropped = await policies.Drop(Me, team, Stop);
        return dropped.Ok ? SeeOther($"/messages/escalation/{team}") : Refuse(dropped.Problem);
    }

    /// <summary>The worked example: a message of nine o'clock.</summary>
    public static string Clock(int minutes) => TimeOnly.FromTimeSpan(TimeSpan.FromMinutes((540 + minutes) % 1440)).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
