using System.Globalization;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Blobs;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Approvals;

public sealed class GroupRow
{
    public Guid[] People { get; set; } = [];
    public StepRule Rule { get; set; }
}

public sealed class WordRow
{
    public string? Word { get; set; }
    public bool Stops { get; set; }
}

/// <summary>Asking, from scratch or from a template; <c>?team=</c> and <c>?about=</c> say where it was started (AP-09).</summary>
public sealed class NewApprovalPage(AskApproval ask, ApprovalTemplates templates, TeamViews teams, PeopleDirectory directory, BlobStore blobs) : StaffPage
{
    private static readonly string[] Welcome = [BlobStore.Image, "application/pdf"];
    private Dictionary<Guid, string> names = [];

    [BindProperty(SupportsGet = true)] public Guid? Template { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Team { get; set; }
    [BindProperty(SupportsGet = true)] public string? About { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Patient { get; set; }
    [BindProperty(SupportsGet = true)] public string Title { get; set; } = "";
    [BindProperty] public string? Details { get; set; }
    [BindProperty] public string Kind { get; set; } = "first";
    [BindProperty] public Guid[] People { get; set; } = [];
    [BindProperty] public List<GroupRow> Groups { get; set; } = [];
    [BindProperty(Name = "Words")] public List<WordRow> Words { get; set; } = [];
    [BindProperty] public Dictionary<string, string> Form { get; set; } = [];
    [BindProperty] public string? DueLocal { get; set; }
    [BindProperty] public Guid? EscalateTo { get; set; }
    [BindProperty] public bool MustSign { get; set; }
    [BindProperty] public bool NoCancel { get; set; }

    public IReadOnlyList<ApprovalTemplate> Templates { get; private set; } = [];
    public ApprovalTemplate? Chosen { get; private set; }
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        if (await Load() is { } refused) return refused;
        if (Chosen is { } template)
        {
            if (string.IsNullOrEmpty(Title)) Title = template.Name;
            (Details, MustSign, Team) = (template.Details, template.MustSign, Team ?? template.Team);
            if (template.DueHours is { } hours) DueLocal = HospitalTime.At(Now.AddHours(hours), Zone).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
        }
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(List<IFormFile> files)
    {
        if (await Load() is { } refused) return refused;
        var due = HospitalTime.Said(DueLocal, Hospital.Zone);
        if (due is null && !string.IsNullOrWhiteSpace(DueLocal)) return Again(Problem.Unprocessable("The due time is a day and a time.", "due", "approval-due"));
        var kept = await Keep(files);
        if (!kept.Ok) return Again(kept.Problem);
        var own = Words.Where(w => !string.IsNullOrWhiteSpace(w.Word)).Select(w => new AnswerWord(w.Word!.Trim(), w.Stops)).ToList();
        var made = await ask.Ask(Me, new NewApproval(Title ?? "", string.IsNullOrWhiteSpace(Details) ? null : Details, Chosen?.Steps ?? Steps())
        {
            Answers = Chosen?.Answers ?? (own.Count == 0 ? AnswerWord.Usual : own), Team = Team, About = string.IsNullOrEmpty(About) ? null : About, Patient = Patient, MustSign = MustSign || Chosen?.MustSign == true,
            AllowCancel = !NoCancel, Due = due, EscalateTo = EscalateTo, Template = Template, FormAnswers = Form, Files = kept.Value,
        }, Stop);
        return made.Ok ? SeeOther($"/approvals/{made.Value}") : Again(made.Problem);
    }

    public IEnumerable<(Guid, string)> Named(IEnumerable<Guid> people) => people.Where(names.ContainsKey).Select(p => (p, names[p]));

    public string With(Guid template) => $"/approvals/new?template={template}{(Team is { } t ? $"&team={t}" : "")}{(About is { } a ? $"&about={Uri.EscapeDataString(a)}" : "")}{(Patient is { } p ? $"&patient={p}" : "")}";

    private async Task<IActionResult?> Load()
    {
        (Templates, Teams) = ([.. (await templates.All(Me, Stop)).Where(t => t.Enabled)], [.. (await teams.Mine(Me, Stop)).Where(t => t.Role >= TeamRole.Member)]);
        if (Template is { } id && (Chosen = Templates.FirstOrDefault(t => t.Id == id)) is null) return Refuse(ApprovalTemplates.Unknown);
        Guid?[] single = [EscalateTo, Patient];
        names = (await directory.Names(Me, [.. People, .. Groups.SelectMany(g => g.People), .. single.OfType<Guid>()], Stop)).ToDictionary(p => p.Id, p => p.Name);
        while (Groups.Count < 2) Groups.Add(new GroupRow());
        return null;
    }

    private List<StepPlan> Steps()
    {
        var first = Kind == "sequential" ? People.Select(p => new StepPlan(StepRule.First, [p])) : [new StepPlan(Kind == "everyone" ? StepRule.All : StepRule.First, People)];
        return [.. first, .. Groups.Where(g => g.People.Length > 0).Select(g => new StepPlan(g.Rule, g.People))];
    }

    private async Task<Outcome<IReadOnlyList<ApprovalFile>>> Keep(List<IFormFile> files)
    {
        if (files.Count > ApprovalRules.Files) return Problem.Unprocessable($"At most {ApprovalRules.Files} files.", "file", "approval-files");
        // AP-11: said before anything is kept.
        if (files.Select(f => Path.GetFileName(f.FileName).ToUpperInvariant()).Distinct().Count() != files.Count) return Problem.Unprocessable("Two files have one name. Rename one of them.", "file", "approval-file-name");
        var kept = new List<ApprovalFile>();
        foreach (var file in files)
        {
            await using var content = file.OpenReadStream();
            var blob = await blobs.Keep(Me.Tenant, content, Welcome, Stop);
            if (!blob.Ok) return blob.Problem;
            // Marks that turn the direction of reading would show "gpj.exe" as "exe.jpg".
            var name = string.Concat(Path.GetFileName(file.FileName.Replace('\\', '/')).Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c) != UnicodeCategory.Format));
            kept.Add(new ApprovalFile(name.Trim('.', ' ').Length == 0 ? "file" : name.Length > 255 ? name[^255..] : name, blob.Value.Hash, blob.Value.Type, blob.Value.Bytes));
        }
        return kept;
    }

    private PageResult Again(Problem problem)
    {
        (Problem, Response.StatusCode) = (problem, problem.Status);
        return Page();
    }
}
