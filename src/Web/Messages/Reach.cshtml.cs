using HealthTeams.Collaboration.Messages.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Messages;

/// <summary>How I am rung when I do not look at a page, and when only what is urgent may disturb me.</summary>
public sealed class ReachPage(MyChannels channels) : StaffPage
{
    public MyReach Reach { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    public string? Typed { get; private set; }

    public Task<IActionResult> OnGetAsync() => Show(null);

    /// <summary>From the browser's script: this device's subscription.</summary>
    public async Task<IActionResult> OnPostDeviceAsync(string endpoint, string p256dh, string auth, string label)
    {
        var added = await channels.AddDevice(Me, endpoint ?? "", p256dh ?? "", auth ?? "", label ?? "", Stop);
        return added.Ok ? new JsonResult(new { id = added.Value }) : new JsonResult(new { detail = MessageWords.Problem(HttpContext.RequestServices.GetRequiredService<Words>(), added.Problem), added.Problem.Code }) { StatusCode = added.Problem.Status };
    }

    public async Task<IActionResult> OnPostAddressAsync(string kind, string? address)
    {
        Typed = address;
        var added = await channels.AddAddress(Me, kind, address?.Trim() ?? "", Stop);
        return added.Ok ? SeeOther("/messages/reach") : await Show(added.Problem);
    }

    public async Task<IActionResult> OnPostRemovalAsync(Guid id) => await channels.Remove(Me, id, Stop) ? SeeOther("/messages/reach") : NotFound();

    public async Task<IActionResult> OnPostQuietAsync(string? from, string? to, int? hours)
    {
        var set = await channels.Disturb(Me, new QuietHours(Minute(from), Minute(to), hours is > 0 and <= 24 ? Now.AddHours(hours.Value) : null), Stop);
        return set.Ok ? SeeOther("/messages/reach") : await Show(set.Problem);
    }

    public static string? Time(int? minute) => minute is { } m ? TimeOnly.FromTimeSpan(TimeSpan.FromMinutes(m)).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture) : null;

    private static int? Minute(string? text) => TimeOnly.TryParseExact(text, "HH:mm", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var time) ? time.Hour * 60 + time.Minute : null;

    private async Task<IActionResult> Show(Problem? problem)
    {
        Reach = await channels.Mine(Me, Stop);
        Problem = problem;
        if (problem is not null) Response.StatusCode = problem.Status;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
