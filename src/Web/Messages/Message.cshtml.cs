namespace HealthTeams.Web.Messages;

/// <summary>
/// One message. Opening it is reading it, and reading stops its repeats; so looking at the address alone
/// (a preview, a prefetch) shows a button until the person has opened it once.
/// </summary>
public sealed class MessagePage(MessageBox box) : StaffPage
{
    public MessageRow Row { get; private set; } = null!;
    public string? Text { get; private set; }
    public Guid Message { get; private set; }
    public Guid? Conversation { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id)
    {
        if ((await box.Mine(Me, Stop)).FirstOrDefault(row => row.Id == id) is not { } row) return NotFound();
        Row = row;
        Response.Headers.CacheControl = "no-cache, no-store";
        if (!row.Read) return Page();
        var view = await box.Open(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        (Row, Text, Message, Conversation) = (view.Value.Row, view.Value.Text, view.Value.Message, view.Value.Conversation);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id, string act)
    {
        switch (act)
        {
            case "reading":
                var read = await box.Open(Me, id, Stop);
                return read.Ok ? SeeOther($"/messages/{id}") : Refuse(read.Problem);
            case "acknowledgement":
                var known = await box.Acknowledge(Me, id, Stop);
                // From the queue on the device: it wants to know, not to be led on.
                if (Request.Form["quiet"] == "1") return known.Ok ? new NoContentResult() : new JsonResult(new { known.Problem.Code }) { StatusCode = known.Problem.Status };
                return known.Ok ? SeeOther($"/messages/{id}") : Refuse(known.Problem);
            default:
                return NotFound();
        }
    }
}
