using HealthTeams.Collaboration.Activity;

namespace HealthTeams.Web.Activity;

/// <summary>What concerns me, newest first; opening one marks it as seen and leads there.</summary>
public sealed class ActivityPage(ActivityFeed feed, NoticeSentences sentences) : StaffPage
{
    public IReadOnlyList<Notice> All { get; private set; } = [];
    public NoticeSentences Sentences => sentences;

    public async Task<IActionResult> OnGetAsync(string? part)
    {
        All = await feed.Mine(Me, Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_ActivityList", this) : Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid? notice)
    {
        var link = await feed.See(Me, notice, Stop);
        return SeeOther(notice is not null && link is not null ? link : "/activity");
    }
}
