using HealthTeams.Collaboration.People;

namespace HealthTeams.Web.Messages;

/// <summary>Writing to people, teams, roles and whoever is on shift; who would be rung now is said by name before sending (MSG-13).</summary>
public sealed class NewMessagePage(SendUrgent send, PeopleDirectory people) : StaffPage
{
    [BindProperty] public List<Guid> Person { get; set; } = [];
    [BindProperty] public List<string> To { get; set; } = [];
    [BindProperty] public Guid? Patient { get; set; }
    [BindProperty] public string Priority { get; set; } = "urgent";
    [BindProperty] public string? Text { get; set; }
    [BindProperty] public bool Anyone { get; set; }
    [BindProperty] public string Key { get; set; } = "";
    public IReadOnlyList<Reach> Places { get; private set; } = [];
    public IReadOnlyList<(Guid Id, string Name)> Named { get; private set; } = [];
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync([FromQuery] Guid[] person, Guid? patient)
    {
        (Person, Patient, Key) = ([.. person], patient, Guid.CreateVersion7(Now).ToString());
        return await Show();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        var to = Person.Select(Target.Person).Concat(To.Select(Parse).OfType<Target>()).ToList();
        var sent = await send.Send(Me, new UrgentSaid(to, Priority, Patient, Text ?? "", Anyone, Key.Length >= 8 ? Key : null), Stop);
        if (sent.Ok) return SeeOther($"/messages/sent/{sent.Value.Message}");
        Problem = sent.Problem;
        Response.StatusCode = Problem.Status;
        return await Show();
    }

    public static string Value(Reach reach) => $"{reach.Kind}|{reach.Team}|{reach.Name}";

    private static Target? Parse(string value) => value.Split('|', 3) is [var kind, var team, var name] && Enum.TryParse<TargetKind>(kind, out var k) && k != TargetKind.Person && Guid.TryParse(team, out var id)
        ? new Target(k, null, id, name.Length == 0 ? null : name) : null;

    private async Task<IActionResult> Show()
    {
        Places = await send.Places(Me, Stop);
        Named = await people.Names(Me, [.. Person, .. Patient is { } p ? [p] : (Guid[])[]], Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
