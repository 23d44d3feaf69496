using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;
using HealthTeams.FhirGateway.Teams;

namespace HealthTeams.Web.Teams;

/// <summary>A team from a template, its people chosen or taken from a care team of the record (TPL-06).</summary>
public sealed class NewTeamPage(Templates templates, TeamActions teams, CareTeams careTeams, PeopleDirectory people) : StaffPage
{
    [BindProperty(SupportsGet = true)] public Guid? Template { get; set; }
    [BindProperty] public string Name { get; set; } = "";
    [BindProperty] public string? Description { get; set; }
    [BindProperty] public string Visibility { get; set; } = "private";
    [BindProperty(Name = "person")] public Guid[] People { get; set; } = [];
    [BindProperty(Name = "patient")] public Guid? Patient { get; set; }
    [BindProperty] public string? CareTeam { get; set; }

    public IReadOnlyList<TeamTemplate> Templates { get; private set; } = [];
    public IReadOnlyList<CareTeamChoice>? CareTeams { get; private set; }
    public IReadOnlyList<(Guid Id, string Name)> Chosen { get; private set; } = [];
    public string PatientName { get; private set; } = "";
    public Problem? Problem { get; private set; }

    public async Task OnGetAsync() => await Load();

    /// <summary>Nothing is made yet: the form comes back with the care teams to choose from.</summary>
    public async Task<IActionResult> OnPostCareTeamsAsync()
    {
        await Load();
        if (Patient is { } patient) CareTeams = await careTeams.Of(Me, patient, Stop);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        var members = People.Select(p => (p, TeamRole.Member)).ToList();
        await Load();
        if (CareTeam is not null && Patient is { } patient)
        {
            CareTeams = await careTeams.Of(Me, patient, Stop);
            var roles = Templates.FirstOrDefault(t => t.Id == Template)?.Content.Roles ?? [];
            if (CareTeams.FirstOrDefault(c => c.Id == CareTeam) is { } care) members.AddRange(care.People.Select(p => (p.Person, RoleFilling.Becomes(roles, p.Roles))));
        }
        var made = await teams.Create(Me, new NewTeam(Name ?? "", string.IsNullOrWhiteSpace(Description) ? null : Description, Visibility, Template, members, CareTeam), Stop);
        if (made.Ok) return SeeOther($"/teams/{made.Value}");
        (Problem, Response.StatusCode) = (made.Problem, made.Problem.Status);
        return Page();
    }

    private async Task Load()
    {
        Templates = await templates.All(Me, Stop);
        Chosen = await people.Names(Me, People, Stop);
        if (Patient is { } patient && await people.Names(Me, [patient], Stop) is [var one]) PatientName = one.Name;
    }
}
