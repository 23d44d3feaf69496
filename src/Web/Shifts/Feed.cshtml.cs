using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>A calendar program brings a secret and nothing else: one's own shared shifts (Ical, RFC 5545). A secret that was revoked is 404.</summary>
[AllowAnonymous]
public sealed class FeedPage(MyShifts mine, TimeProvider clock) : PageModel
{
    public async Task<IActionResult> OnGetAsync(string secret)
    {
        if (await mine.Feed(secret, HttpContext.RequestAborted) is not { } shifts) return NotFound();
        Response.Headers.CacheControl = "private, no-store";
        Response.Headers["X-Robots-Tag"] = "noindex";
        return Content(ShiftCalendar.Write(shifts, clock.GetUtcNow(), Request.Host.Host), "text/calendar; charset=utf-8");
    }
}
