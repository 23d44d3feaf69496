namespace HealthTeams.Web.Visits;

/// <summary>The product proposes a no-show, a clinician confirms it, and has ten seconds to think again.</summary>
public sealed class NoShowPage(VisitLists lists, VisitActions visits) : StaffPage
{
    public VisitRow Row { get; private set; } = null!;
    public bool InDialog { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        if (await lists.Find(Me, id, Stop) is not { } row) return NotFound();
        (Row, InDialog) = (row, part == "dialog");
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id)
    {
        var done = await visits.ConfirmNoShow(Me, id, Stop);
        return done.Ok ? SeeOther($"/visits?undo={id}") : Refuse(done.Problem);
    }

    public async Task<IActionResult> OnPostUndoAsync(Guid id)
    {
        var undone = await visits.UndoNoShow(Me, id, Stop);
        return undone.Ok ? SeeOther("/visits") : Refuse(undone.Problem);
    }
}
