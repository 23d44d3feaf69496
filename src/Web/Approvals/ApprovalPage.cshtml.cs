using HealthTeams.Collaboration.Approvals;

namespace HealthTeams.Web.Approvals;

/// <summary>One approval: what I decide on top, the chain beside it.</summary>
public sealed class ApprovalPage(ApprovalViews views, AnswerApproval approvals) : StaffPage
{
    public ApprovalView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public string? Comments { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        var found = await views.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        View = found.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_Approval", this) : Page();
    }

    /// <param name="password">A browser sends an empty field, too: that is no signature.</param>
    public async Task<IActionResult> OnPostAnswerAsync(Guid id, string? answer, string? comments, string? password)
    {
        Comments = comments;
        return await After(id, await approvals.Answer(Me, id, answer ?? "", comments, password, Stop));
    }

    public async Task<IActionResult> OnPostReassignAsync(Guid id, Guid person) => await After(id, await approvals.Reassign(Me, id, person, Stop));
    public async Task<IActionResult> OnPostCancelAsync(Guid id) => await After(id, await approvals.Cancel(Me, id, Stop));

    private async Task<IActionResult> After(Guid id, Outcome<bool> done)
    {
        if (done.Ok) return SeeOther($"/approvals/{id}");
        if (done.Problem.Code == AnswerApproval.Unknown.Code) return Refuse(done.Problem);
        Problem = done.Problem;
        var shown = await OnGetAsync(id, null);
        Response.StatusCode = done.Problem.Status;
        return shown;
    }
}
