using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Messages;

namespace HealthTeams.Web.Conversations;

/// <summary>The list at the left of every conversation.</summary>
public sealed record ConversationList(IReadOnlyList<ConversationLine> Lines, IReadOnlyList<MessageRow> Urgent, Guid? Open, string? Q, string Zone, DateTimeOffset Now);

/// <summary>My conversations: what rings stays on top. Searching is a page of its own address.</summary>
public sealed class ChatsPage(ConversationViews views, MessageBox box) : StaffPage
{
    public ConversationList List { get; private set; } = null!;
    public IReadOnlyList<FoundMessage>? Found { get; private set; }
    public string? Q { get; private set; }

    public async Task<IActionResult> OnGetAsync(string? part, string? q, Guid? open)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Q = q;
        List = new(await views.Mine(Me, Stop), [.. (await box.Mine(Me, Stop)).Where(r => r.Open)], open, q, Zone, Now);
        if (part is "list" or "conversations") return Partial("_Conversations", List);
        if (!string.IsNullOrWhiteSpace(q)) Found = await views.Search(Me, q, Stop);
        return Page();
    }
}
