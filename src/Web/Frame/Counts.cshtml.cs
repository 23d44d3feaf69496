using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Conversations;

namespace HealthTeams.Web.Frame;

/// <summary>What the frame of every staff page shows: numbers, and who sent an urgent message; nothing clinical.</summary>
public sealed class CountsPage(VisitLists visits, MessageBox messages, ConversationViews conversations, ConversationActions here, ActivityFeed activity) : StaffPage
{
    public async Task<IActionResult> OnGetAsync()
    {
        var mine = await messages.Mine(Me, Stop);
        await here.Here(Me, Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return new JsonResult(new
        {
            Waiting = await visits.Waiting(Me, Stop),
            Unseen = await activity.Unseen(Me, Stop),
            Unread = await conversations.Unread(Me, Stop),
            Urgent = mine.Where(row => row is { Priority: "urgent", Read: false, Open: true }).Select(row => new { row.Id, row.From, row.Notified }),
        });
    }
}
