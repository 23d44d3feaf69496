using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.PatientLists;

/// <summary>LS-01, LS-02: from scratch, from a template seen with sample rows, or from the structure of another list; with a census or without.</summary>
public sealed class NewListPage(TeamLists lists, ListReading reading) : StaffPage
{
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public IReadOnlyList<PatientList> Others { get; private set; } = [];
    public IReadOnlyList<Place> Places { get; private set; } = [];
    public Problem? Problem { get; private set; }

    [BindProperty(SupportsGet = true)] public Guid Team { get; set; }
    [BindProperty(SupportsGet = true)] public string From { get; set; } = "patients";
    [BindProperty] public string? Name { get; set; }
    [BindProperty] public string? Description { get; set; }
    [BindProperty] public string? Place { get; set; }
    [BindProperty] public string? Class { get; set; }
    [BindProperty] public string? Census { get; set; }

    public Task<IActionResult> OnGetAsync() => Show();

    public async Task<IActionResult> OnPostAsync()
    {
        var columns = await Columns();
        if (!columns.Ok) return await Show(columns.Problem);
        var made = await lists.Create(Me, new ListAsked(Team, Name ?? "")
        {
            Description = Description, Columns = columns.Value, Census = Census is null ? null : new(Place, Class),
        }, Stop);
        return made.Ok ? SeeOther($"/lists/{made.Value}") : made.Problem.Status == 404 ? Refuse(made.Problem) : await Show(made.Problem);
    }

    private async Task<Outcome<ColumnAsked[]>> Columns()
    {
        if (ListTemplates.All.FirstOrDefault(t => t.Id == From) is { } template) return template.Columns.ToArray();
        if (!Guid.TryParse(From, out var other)) return Array.Empty<ColumnAsked>();
        var open = await reading.Structure(Me, other, Stop);
        return open.Ok ? open.Value : open.Problem;
    }

    private async Task<IActionResult> Show(Problem? problem = null)
    {
        Problem = problem;
        if (problem is not null) Response.StatusCode = problem.Status;
        Teams = await lists.Teams(Me, Stop);
        Others = await lists.Mine(Me, Stop);
        Places = await lists.Places(Me, Stop);
        return Page();
    }
}
