namespace HealthTeams.Web.Messages;

/// <summary>What must be read and acknowledged, and what became of what I sent. <c>?part=pinned</c> is the part that other pages show on top.</summary>
public sealed class UrgentPage(MessageBox box, SentMessages sent) : StaffPage
{
    public IReadOnlyList<MessageRow> Open { get; private set; } = [];
    public IReadOnlyList<MessageRow> Past { get; private set; } = [];
    public IReadOnlyList<SentRow> Sent { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(string? part)
    {
        var all = (await box.Mine(Me, Stop)).Where(row => row.Priority != "normal").ToList();
        Open = [.. all.Where(row => row.Open)];
        Past = [.. all.Where(row => !row.Open)];
        Response.Headers.CacheControl = "no-cache, no-store";
        if (part == "pinned") return Partial("_Pinned", this);
        Sent = await sent.Mine(Me, Stop);
        return part == "list" ? Partial("_Urgent", this) : Page();
    }
}
