namespace HealthTeams.Web.Messages;

/// <summary>My messages: what nobody acknowledged yet stays on top. The text is shown only to who opens it.</summary>
public sealed class MessagesPage(MessageBox box) : StaffPage
{
    public IReadOnlyList<MessageRow> Pinned { get; private set; } = [];
    public IReadOnlyList<MessageRow> Rest { get; private set; } = [];
    public IReadOnlyList<MessageRow> All { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(string? part)
    {
        All = await box.Mine(Me, Stop);
        Pinned = [.. All.Where(IsPinned).OrderByDescending(row => row.SentAt)];
        Rest = [.. All.Where(row => !IsPinned(row)).OrderByDescending(row => row.SentAt)];
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_MessageList", this) : Page();
    }

    private static bool IsPinned(MessageRow row) => row is { Priority: "urgent", Acknowledged: false };
}
