using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

/// <summary>What a template holds, in any of its versions, and who sees it.</summary>
public sealed class TemplatePage(Templates templates) : StaffPage
{
    public TeamTemplate Template { get; private set; } = null!;
    public IReadOnlyList<(int Version, DateTimeOffset At, string? By, TemplateContent Content)> Versions { get; private set; } = [];
    public int ShownVersion { get; private set; }
    public TemplateContent Shown { get; private set; } = TemplateContent.Empty;
    public Problem? Problem { get; private set; }
    public bool Keeps => Templates.Keeps(Me);
    public bool MayEdit => Keeps || Template.CreatedBy is not null && Template.CreatedBy == Me.Person;

    public async Task<IActionResult> OnGetAsync(Guid id, int? version)
    {
        var (found, versions) = (await templates.Find(Me, id, Stop), await templates.Versions(Me, id, Stop));
        if (!found.Ok || !versions.Ok) return Refuse(Templates.Unknown);
        (Template, Versions) = (found.Value, versions.Value);
        if (Versions.FirstOrDefault(v => v.Version == (version ?? Template.Version)) is not { Content: not null } shown) return NotFound();
        (ShownVersion, Shown) = (shown.Version, shown.Content);
        return Page();
    }

    public async Task<IActionResult> OnPostAudienceAsync(Guid id, bool everybody, string[] roles) =>
        await After(id, await templates.Show(Me, id, everybody ? null : [.. roles.Intersect(TeamWords.StaffRoles)], Stop), $"/teams/templates/{id}");

    public async Task<IActionResult> OnPostWithdrawAsync(Guid id) => await After(id, await templates.Withdraw(Me, id, Stop), "/teams/templates");

    private async Task<IActionResult> After(Guid id, Outcome<int> done, string then)
    {
        if (done.Ok) return SeeOther(then);
        (Problem, Response.StatusCode) = (done.Problem, done.Problem.Status);
        return done.Problem.Status == 404 ? Refuse(done.Problem) : await OnGetAsync(id, null);
    }
}
