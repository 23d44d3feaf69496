using HealthTeams.Collaboration.Approvals;
using HealthTeams.SmartLauncher.Staff;

namespace HealthTeams.Web.Approvals;

/// <summary>One approval: what I decide on top, the chain beside it.</summary>
public sealed class ApprovalPage(ApprovalViews views, AnswerApproval approvals, ProviderSigning signing) : StaffPage
{
    public ApprovalView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public string? Comments { get; private set; }

    /// <summary>What this person can sign with.</summary>
    public SignerWays Ways { get; private set; } = new(true, []);

    /// <summary>The answer the hospital's provider was asked for just now: it waits to be signed.</summary>
    public AnswerToSign? Proven { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string? part, string? failed = null)
    {
        var found = await views.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        View = found.Value;
        if (View.MyTurn is { } turn)
        {
            Ways = await signing.Ways(Me, Stop);
            Proven = signing.Proven(HttpContext, Me, id, turn.Id)?.What;
        }
        if (failed is not null) Problem ??= ApprovalWords.NotSigned(failed);
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_Approval", this) : Page();
    }

    /// <param name="password">A browser sends an empty field, too: that is no signature.</param>
    public async Task<IActionResult> OnPostAnswerAsync(Guid id, string? answer, string? comments, string? password, bool proven)
    {
        Comments = comments;
        var done = await approvals.Answer(Me, id, answer ?? "", comments, new SignerProof(password, proven ? signing.Proof(HttpContext) : null), Stop);
        if (done.Ok) ProviderSigning.Forget(HttpContext);
        return await After(id, done);
    }

    /// <summary>To the hospital's provider, which asks again who this is; what was chosen and written waits in the browser, sealed.</summary>
    public async Task<IActionResult> OnPostSignAsync(Guid id, Guid provider, string? answer, string? comments)
    {
        Comments = comments;
        var found = await views.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        if (found.Value.MyTurn is not { } turn || found.Value.Answers.All(w => w.Word != answer) || comments?.Length > 1500)
            return await After(id, comments?.Length > 1500 ? Problem.Unprocessable("A comment signed with the hospital's account has at most 1,500 characters.", "comments", "approval-comments") : Problem.Conflict("It is not your turn yet.", "approval-not-yet"));
        var there = await signing.Begin(Me, provider, new AnswerToSign(id, turn.Id, answer!, string.IsNullOrWhiteSpace(comments) ? null : comments), HttpContext, Stop);
        return there.Ok ? SeeOther(there.Value) : await After(id, there.Problem);
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
