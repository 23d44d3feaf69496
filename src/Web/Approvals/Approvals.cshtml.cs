using HealthTeams.Collaboration.Approvals;

namespace HealthTeams.Web.Approvals;

public sealed class ApprovalsPage(ApprovalViews views) : StaffPage
{
    public IReadOnlyList<ApprovalLine> All { get; private set; } = [];
    public string Which { get; private set; } = "waiting";
    [BindProperty(SupportsGet = true)] public Guid? Team { get; set; }

    public async Task<IActionResult> OnGetAsync(string? which, string? part)
    {
        Which = which is "asked" or "all" ? which : Team is not null && which is null ? "all" : "waiting";
        All = await views.List(Me, Which, Team, Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_ApprovalList", this) : Page();
    }

    public string Link(string which) => $"/approvals?which={which}{(Team is { } t ? $"&team={t}" : "")}";

    public string Heading(Words words)
    {
        var open = All.Count(a => a.Status == ApprovalStatus.Pending);
        return Which == "waiting"
            ? All.Count switch { 0 => words["Nothing waits for you"], 1 => words["1 approval waits for you"], var n => words["{0} approvals wait for you", n] }
            : open switch { 0 => words["Nothing is undecided"], 1 => words["1 approval is undecided"], _ => words["{0} approvals are undecided", open] };
    }
}
