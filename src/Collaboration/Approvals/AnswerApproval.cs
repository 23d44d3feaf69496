using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>What approvers and owners do to a request. Every change of one chain waits for the one before.</summary>
public sealed class AnswerApproval(Db db, ProjectFhir project, Signing signing, IEnumerable<ApprovalEnded> ended)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such approval for you.", "approval-unknown");

    /// <param name="with">What the approver signs with; nothing where no signature is given.</param>
    public async Task<Outcome<bool>> Answer(Caller caller, Guid approval, string answer, string? comments, SignerProof with, CancellationToken stop)
    {
        if (!with.Given) return await Change(caller, approval, (tx, row) => Answer(tx, row, caller.Person ?? default, answer, comments, signs: false), stop);
        var turn = await db.In(caller.Tenant, caller.Actor, async tx =>
            (await ApprovalSql.Requests(tx, approval)).FirstOrDefault(r => r.Approver == caller.Person && r.State == RequestState.Open)?.Id ?? Guid.Empty, stop);
        // A password takes its time to check: outside the transaction that others wait for.
        if (await signing.Prove(caller, new AnswerToSign(approval, turn, answer, comments), with, stop) is { } unproven) return unproven;
        return await Change(caller, approval, (tx, row) => Answer(tx, row, caller.Person ?? default, answer, comments, signs: true, turn), stop);
    }

    /// <summary>The same by FHIR, in the transaction of that write; what is to be signed is signed on the page.</summary>
    public async Task<Outcome<bool>> AnswerIn(Tx tx, Guid approval, Guid me, string answer, string? comments) =>
        await ApprovalSql.Lock(tx, approval) is not { } row ? Unknown : await Archived(tx, row) is { } archived ? archived : await After(tx, approval, await Answer(tx, row, me, answer, comments, signs: false));

    /// <summary>The requester's own token, or who asked without being a person.</summary>
    public async Task<Outcome<bool>> CancelIn(Tx tx, Guid approval, Guid? by) =>
        await ApprovalSql.Lock(tx, approval) is { } row ? row.Status == ApprovalStatus.Cancelled ? true : await After(tx, approval, await Cancel(tx, row, by ?? (tx.Actor.Kind == CallerKind.System ? row.Owner : null))) : Unknown;

    /// <summary>By what waited for it, whoever asked and whatever was ruled out when asked.</summary>
    internal async Task Withdraw(Tx tx, Guid approval)
    {
        if (await ApprovalSql.Lock(tx, approval) is { Status: ApprovalStatus.Pending } row) await After(tx, approval, await End(tx, row, tx.Actor.Caller?.Person));
    }

    private async Task<Outcome<bool>> Answer(Tx tx, ApprovalRow row, Guid me, string answer, string? comments, bool signs, Guid? proven = null)
    {
        if (comments?.Length > 4000) return Problem.Unprocessable("A comment has at most 4,000 characters.", "comments", "approval-comments");
        if (row.Status != ApprovalStatus.Pending) return Ended(row);
        var mine = (await ApprovalSql.Requests(tx, row.Id)).Where(r => r.Approver == me).ToList();
        if (mine.Count == 0) return Problem.Forbidden("You are not asked here: you can look, not answer.", "approval-not-asked");
        if (mine.FirstOrDefault(r => r.State == RequestState.Open) is not { } request)
        {
            return mine.Any(r => r.State == RequestState.Waiting) ? Problem.Conflict("It is not your turn yet.", "approval-not-yet") : Problem.Conflict("Your part of this is done.", "approval-answered");
        }
        // What proves one answer is no proof of another.
        if (proven is { } turn && turn != request.Id) return Problem.Conflict("Your turn changed while you signed: look again.", "approval-not-yet");
        if (row.Words.All(w => w.Word != answer)) return Problem.Unprocessable($"The answers are: {string.Join(", ", row.Words.Select(w => w.Word))}.", "answer", "approval-answer");
        if (row.Signed && !signs) return Problem.Unprocessable("This answer is signed: give your password, or sign in again with the hospital's account.", "password", "approval-signature");
        var comment = string.IsNullOrWhiteSpace(comments) ? null : comments.Trim();
        var signature = signs ? await signing.Sign(tx, row, request, answer, comment) : null;
        await tx.Execute("""
            update collab.approval_request set state = 'Answered', answer = @answer, comments = @comment, answered_at = @Now, signature = @signature,
              answer_no = (select count(*)::int + 1 from collab.approval_request o where o.tenant = @Tenant and o.approval = @approval and o.state = 'Answered')
            where tenant = @Tenant and id = @Id
            """, new { tx.Tenant, tx.Now, request.Id, approval = row.Id, answer, comment, signature });
        await ApprovalSql.Happened(tx, row.Id, signs ? "signed" : "answered", me, text: answer);
        await Notices.Settle(tx, $"/approvals/{row.Id}", me);
        await Proceed(tx, row, request.Id, me);
        tx.Publish("approval.answered", $"approval/{row.Id}", row.PatientSubject, new { request = request.Id });
        return true;
    }

    /// <summary>AP-05: somebody else answers in my place.</summary>
    public Task<Outcome<bool>> Reassign(Caller caller, Guid approval, Guid to, CancellationToken stop) => Change(caller, approval, async (tx, row) =>
    {
        if (row.Status != ApprovalStatus.Pending) return Ended(row);
        var requests = await ApprovalSql.Requests(tx, row.Id);
        if (requests.FirstOrDefault(r => r.Approver == caller.Person && r.Live) is not { } mine) return Problem.Forbidden("Nothing waits for you here.", "approval-not-asked");
        if (requests.Any(r => r.Step == mine.Step && r.Approver == to && (r.Live || r.State == RequestState.Answered))) return Problem.Conflict("This person is asked in the same step already.", "approval-asked-already");
        if (!await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @to and kind = 'Staff')", new { tx.Tenant, to })) return Problem.Unprocessable("Choose a member of staff.", "person", "person-unknown");
        await Chain.Pass(tx, row.Id, mine, to, "reassigned", caller.Person);
        if (mine.State == RequestState.Open)
        {
            var fresh = (await ApprovalSql.Requests(tx, row.Id)).Where(r => r.PassedFrom == mine.Id).ToList();
            await Chain.PassOn(tx, row.Id, fresh, await Chain.Away(tx, [to]));
            await Chain.TellOpen(tx, row.Id, "approval.requested", $"passed/{mine.Id}");
        }
        await Notices.Tell(tx, [row.Owner], "approval.reassigned", $"/approvals/{row.Id}", new { title = row.Title }, $"approval/{row.Id}/passed/{mine.Id}/owner");
        tx.Publish("approval.reassigned", $"approval/{row.Id}", row.PatientSubject);
        return true;
    }, stop);

    /// <summary>AP-03: its owner cancels, while nobody's last word is in, and where it was not ruled out when asked.</summary>
    public Task<Outcome<bool>> Cancel(Caller caller, Guid approval, CancellationToken stop) => Change(caller, approval, (tx, row) => Cancel(tx, row, caller.Person), stop);

    private async Task<Outcome<bool>> Cancel(Tx tx, ApprovalRow row, Guid? by)
    {
        if (row.Owner != by) return Problem.Forbidden("Only who asked for it cancels it.", "approval-owner");
        if (row.Status == ApprovalStatus.Cancelled) return true;
        if (row.Status == ApprovalStatus.Completed) return Ended(row);
        if (!row.AllowCancel) return Problem.Conflict("This request was made so that it cannot be cancelled.", "approval-no-cancel");
        return await End(tx, row, by);
    }

    private async Task<Outcome<bool>> End(Tx tx, ApprovalRow row, Guid? by)
    {
        var waiting = await tx.Query<Guid>("select approver from collab.approval_request where tenant = @Tenant and approval = @Id and state = 'Open'", new { tx.Tenant, row.Id });
        await Chain.End(tx, row, ApprovalStatus.Cancelled, null, null);
        await ApprovalSql.Happened(tx, row.Id, "cancelled", by);
        await Notices.Tell(tx, waiting, "approval.cancelled", $"/approvals/{row.Id}", new { title = row.Title }, $"approval/{row.Id}/cancelled");
        tx.Publish("approval.cancelled", $"approval/{row.Id}", row.PatientSubject);
        await TellFocus(tx, row, false, null);
        return true;
    }

    private async Task Proceed(Tx tx, ApprovalRow row, Guid answered, Guid by)
    {
        var next = ApprovalRules.After(await ApprovalSql.Steps(tx, row.Id), await ApprovalSql.Requests(tx, row.Id), answered, row.Words);
        if (next.Result is { } result)
        {
            await Chain.End(tx, row, ApprovalStatus.Completed, result, next.Stopped);
            await ApprovalSql.Happened(tx, row.Id, "completed", null, text: result);
            await Notices.Tell(tx, [row.Owner], "approval.completed", $"/approvals/{row.Id}", new { title = row.Title, result }, $"approval/{row.Id}/completed");
            tx.Publish("approval.completed", $"approval/{row.Id}", row.PatientSubject);
            await TellFocus(tx, row, !next.Stopped, (await ApprovalSql.Requests(tx, row.Id)).FirstOrDefault(r => r.Id == answered)?.Comments);
            return;
        }
        if (next.Close.Count > 0)
        {
            await tx.Execute("update collab.approval_request set state = 'Closed', closed_at = @Now where tenant = @Tenant and id = any(@ids) and state in ('Waiting', 'Open')", new { tx.Tenant, tx.Now, ids = next.Close.ToArray() });
        }
        if (next.Open is { } step) await Chain.Open(tx, row.Id, step);
    }

    private async Task TellFocus(Tx tx, ApprovalRow row, bool yes, string? said)
    {
        if (row.Focus is not { } focus) return;
        foreach (var tell in ended) await tell(tx, row.Id, focus, yes, said);
    }

    private static async Task<Problem?> Archived(Tx tx, ApprovalRow row) =>
        await tx.Scalar<string>("select name from collab.team where tenant = @Tenant and id = @Team and archived_at is not null", new { tx.Tenant, row.Team }) is { } name
            ? Problem.Conflict($"{name} is archived: it can be read, not changed.", "team-archived") : null;

    private static Problem Ended(ApprovalRow row) => Problem.Conflict(row.Status == ApprovalStatus.Cancelled ? "This request was cancelled." : "This request is decided.", "approval-over");

    private Task<Outcome<bool>> Change(Caller caller, Guid approval, Func<Tx, ApprovalRow, Task<Outcome<bool>>> change, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await ApprovalSql.Lock(tx, approval) is not { } row || !await ApprovalViews.Sees(tx, caller, approval)) return Unknown;
        if (await Archived(tx, row) is { } archived) return archived;
        var done = await change(tx, row);
        return done.Ok ? await After(tx, approval, done) : tx.Abandon(done);
    }, stop);

    private async Task<Outcome<bool>> After(Tx tx, Guid approval, Outcome<bool> done)
    {
        if (!done.Ok) return done;
        await tx.Execute("update collab.approval set version = version + 1 where tenant = @Tenant and id = @approval", new { tx.Tenant, approval });
        await project(tx, "approval", approval);
        return done;
    }
}
