using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Handovers;

/// <summary>One handover: its giver writes it while it is a draft; everybody else, and then the giver too, reads it as it stands.</summary>
public sealed class HandoverPage(HandoverViews views, WriteHandover write, GiveHandover give, ReceiveHandover receive, Words words) : StaffPage
{
    public HandoverView View { get; private set; } = null!;
    public Handover Handover => View.Handover;
    public IReadOnlyList<TeamMember> Members { get; private set; } = [];
    public Problem? Problem { get; private set; }

    /// <summary>Texts that could not be saved as they came, by entry and section: shown again, beside what is there.</summary>
    public IReadOnlyDictionary<string, string> Kept { get; private set; } = new Dictionary<string, string>();

    /// <summary>Receivers and note that were refused, shown again as they were typed.</summary>
    public (Guid[] To, string? Note)? Addressed { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        var found = await views.One(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        View = found.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        if (part == "list" && View.Writes) return new StatusCodeResult(205);
        Members = View.MaySend ? await views.Members(Me, Handover, Stop) : [];
        if (part == "list") return Partial("_Handover", this);
        return Page();
    }

    /// <summary>One section from the page's script. 409 brings what is there now and whose it is.</summary>
    public async Task<IActionResult> OnPostSectionAsync(Guid id, Guid row, string? column, int version, string? text)
    {
        var written = await write.Write(Me, id, [new SectionEdit(row, column ?? "", version, text)], Stop);
        if (!written.Ok) return new JsonResult(new { code = written.Problem.Code, detail = HandoverWords.Problem(words, written.Problem) }) { StatusCode = written.Problem.Status };
        var one = written.Value[0];
        return new JsonResult(new
        {
            version = one.Section.Version, text = one.Section.Text, shown = one.Section.Text, by = one.By ?? (one.Conflict ? words["The list"] : ""), at = words.Time(one.Section.At, Zone),
        }) { StatusCode = one.Conflict ? 409 : 200 };
    }

    /// <summary>Without script: one patient's sections at once. What somebody changed meanwhile is shown, and nothing typed is lost.</summary>
    public async Task<IActionResult> OnPostEntryAsync(Guid id, Guid entry)
    {
        var edits = HandoverRules.Sections.Where(s => Request.Form.ContainsKey($"v.{s}")).Select(s => new SectionEdit(entry, s, int.TryParse(Request.Form[$"n.{s}"], out var n) ? n : 0, Request.Form[$"v.{s}"].ToString())).ToList();
        var written = await write.Write(Me, id, edits, Stop);
        if (written.Ok && !written.Value.Any(w => w.Conflict)) return SeeOther($"/handovers/{id}#p-{entry}");
        Kept = edits.ToDictionary(e => $"{e.Entry}/{e.Section}", e => e.Text ?? "");
        return await Again(id, written.Ok ? Problem.Conflict("Somebody changed this at the same moment. What you typed is still here; look at what changed and save again.", "handover-conflict") : written.Problem);
    }

    public Task<IActionResult> OnPostRefreshAsync(Guid id) => Done(id, write.Refresh(Me, id, Stop));
    public Task<IActionResult> OnPostAddAsync(Guid id, Guid patient) => Done(id, write.Add(Me, id, patient, Stop));
    public Task<IActionResult> OnPostRemoveAsync(Guid id, Guid entry) => Done(id, write.Remove(Me, id, entry, Stop));
    public Task<IActionResult> OnPostAddressAsync(Guid id, int version, Guid[] to, string? note)
    {
        Addressed = (to, note);
        return Done(id, write.Address(Me, id, version, to, note, Stop));
    }
    public Task<IActionResult> OnPostOfferAsync(Guid id) => Done(id, give.Offer(Me, id, Stop));
    public Task<IActionResult> OnPostTakeBackAsync(Guid id) => Done(id, give.TakeBack(Me, id, Stop));
    public Task<IActionResult> OnPostCancelAsync(Guid id, string? why) => Done(id, give.Cancel(Me, id, why, Stop), "/handovers");
    public Task<IActionResult> OnPostRedirectAsync(Guid id, Guid[] to) => Done(id, give.Redirect(Me, id, to, Stop));
    public Task<IActionResult> OnPostAnswerAsync(Guid id, Guid question, string? text) => Done(id, give.Answer(Me, id, question, text, Stop));
    public Task<IActionResult> OnPostAcceptAsync(Guid id, bool passOn) => Done(id, receive.Accept(Me, id, passOn, Stop));
    public Task<IActionResult> OnPostTakeOverAsync(Guid id) => Done(id, receive.TakeOver(Me, id, Stop));
    public Task<IActionResult> OnPostDeclineAsync(Guid id, string? why) => Done(id, receive.Decline(Me, id, why, Stop));

    public async Task<IActionResult> OnPostAmendAsync(Guid id)
    {
        var amended = await give.Amend(Me, id, Stop);
        return amended.Ok ? SeeOther($"/handovers/{amended.Value}") : amended.Problem.Status == 404 ? Refuse(amended.Problem) : await Again(id, amended.Problem);
    }

    private async Task<IActionResult> Done(Guid id, Task<Outcome<bool>> change, string? next = null)
    {
        var done = await change;
        return done.Ok ? SeeOther(next ?? $"/handovers/{id}") : done.Problem.Status == 404 && done.Problem.Code == HandoverSql.Unknown.Code ? Refuse(done.Problem) : await Again(id, done.Problem);
    }

    private async Task<IActionResult> Again(Guid id, Problem problem)
    {
        Problem = problem;
        var shown = await OnGetAsync(id, null);
        Response.StatusCode = problem.Status;
        return shown;
    }
}
