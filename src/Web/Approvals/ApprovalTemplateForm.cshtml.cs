using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Approvals;

/// <summary>/approvals/templates/new and /approvals/templates/ID.</summary>
public sealed class ApprovalTemplateFormPage(ApprovalTemplates templates, TeamViews teams, PeopleDirectory directory) : StaffPage
{
    private Dictionary<Guid, string> names = [];

    public ApprovalTemplate? Known { get; private set; }
    public IReadOnlyList<Team> Owned { get; private set; } = [];
    public Problem? Problem { get; private set; }
    [BindProperty(SupportsGet = true)] public Guid? Team { get; set; }
    [BindProperty] public string Name { get; set; } = "";
    [BindProperty] public string? Details { get; set; }
    [BindProperty] public List<GroupRow> Groups { get; set; } = [];
    [BindProperty] public string? FormLines { get; set; }
    [BindProperty] public int? DueHours { get; set; }
    [BindProperty] public bool MustSign { get; set; }

    public async Task<IActionResult> OnGetAsync(string id)
    {
        if (await Load(id) is { } refused) return refused;
        if (Known is { } known)
        {
            (Name, Details, DueHours, MustSign, FormLines) = (known.Name, known.Details, known.DueHours, known.MustSign, Collaboration.Forms.FormLines.Print(known.Form));
            Groups = [.. known.Steps.Select(s => new GroupRow { People = [.. s.Approvers], Rule = s.Rule })];
        }
        await Prepare();
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string id)
    {
        if (await Load(id) is { } refused) return refused;
        var steps = Groups.Where(g => g.People.Length > 0).Select(g => new StepPlan(g.Rule, g.People)).ToList();
        var saved = await templates.Save(Me, Known?.Id, Team, Name ?? "", string.IsNullOrWhiteSpace(Details) ? null : Details, steps, Known?.Answers ?? AnswerWord.Usual, FormLines, MustSign, DueHours, Stop);
        if (saved.Ok) return SeeOther("/approvals/templates");
        (Problem, Response.StatusCode) = (saved.Problem, saved.Problem.Status);
        await Prepare();
        return Page();
    }

    public IEnumerable<(Guid, string)> Named(IEnumerable<Guid> people) => people.Where(names.ContainsKey).Select(p => (p, names[p]));

    private async Task<IActionResult?> Load(string id)
    {
        Owned = [.. (await teams.Mine(Me, Stop)).Where(t => t.Role == TeamRole.Owner)];
        if (id == "new") return null;
        if (!Guid.TryParse(id, out var known)) return NotFound();
        var found = await templates.Find(Me, known, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Known = found.Value;
        return null;
    }

    private async Task Prepare()
    {
        while (Groups.Count < 3) Groups.Add(new GroupRow());
        names = (await directory.Names(Me, [.. Groups.SelectMany(g => g.People)], Stop)).ToDictionary(p => p.Id, p => p.Name);
    }
}
