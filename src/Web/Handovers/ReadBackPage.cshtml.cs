using HealthTeams.Collaboration.Handovers;

namespace HealthTeams.Web.Handovers;

/// <summary>The receiver's page, for a phone: one patient at a time, a big button, the next.</summary>
public sealed class ReadBackPage(HandoverViews views, ReceiveHandover receive) : StaffPage
{
    public HandoverView View { get; private set; } = null!;
    public Handover Handover => View.Handover;
    public HandoverEntry Entry { get; private set; } = null!;
    public int At { get; private set; }
    public string? Said { get; private set; }
    public Problem? Problem { get; private set; }
    public HandoverEntry? Before => View.Entries.ElementAtOrDefault(At - 1);
    public HandoverEntry? After => View.Entries.ElementAtOrDefault(At + 1);

    public async Task<IActionResult> OnGetAsync(Guid id, Guid? entry, string? part)
    {
        var found = await views.One(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        View = found.Value;
        // Nothing here to read back: the handover's own page says where it stands.
        if (!View.Receives || View.Entries.Count == 0) return part == "list" ? new StatusCodeResult(205) : SeeOther($"/handovers/{id}");
        Entry = View.Entries.FirstOrDefault(e => e.Id == entry) ?? View.Unread.FirstOrDefault() ?? View.Entries[0];
        At = View.Entries.ToList().IndexOf(Entry);
        Said ??= Entry.By(Me.Person)?.Text;
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_ReadBack", this) : Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id, Guid entry, string? text, string? seen)
    {
        var done = await receive.ReadBack(Me, id, entry, text, seen, Stop);
        if (!done.Ok) return await Again(id, entry, done.Problem, text);
        var found = await views.One(Me, id, Stop);
        var next = found.Ok ? found.Value.Entries.SkipWhile(e => e.Id != entry).Skip(1).Concat(found.Value.Entries).FirstOrDefault(e => e.By(Me.Person) is null) : null;
        return SeeOther(next is null ? $"/handovers/{id}" : $"/handovers/{id}/read?entry={next.Id}");
    }

    public async Task<IActionResult> OnPostAskAsync(Guid id, Guid entry, string? text)
    {
        var done = await receive.Ask(Me, id, entry, text, Stop);
        return done.Ok ? SeeOther($"/handovers/{id}/read?entry={entry}") : await Again(id, entry, done.Problem, null);
    }

    public async Task<IActionResult> OnPostWithdrawAsync(Guid id, Guid entry, Guid question)
    {
        var done = await receive.Withdraw(Me, id, question, Stop);
        return done.Ok ? SeeOther($"/handovers/{id}/read?entry={entry}") : await Again(id, entry, done.Problem, null);
    }

    private async Task<IActionResult> Again(Guid id, Guid entry, Problem problem, string? text)
    {
        if (problem.Code == HandoverSql.Unknown.Code) return Refuse(problem);
        (Problem, Said) = (problem, text);
        var shown = await OnGetAsync(id, entry, null);
        if (shown is not PageResult) return Refuse(problem); // taken, or over, meanwhile
        Response.StatusCode = problem.Status;
        return shown;
    }
}
