using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Clients;

namespace HealthTeams.Web.Apps;

/// <summary>Choose an app for this visit (SMART-S6). It starts in a window of its own, or in a frame below the patient's banner.</summary>
public sealed class VisitAppsPage(VisitLists lists, AppStart start) : StaffPage
{
    public VisitRow Row { get; private set; } = null!;
    public bool InDialog { get; private set; }
    public bool HasChart { get; private set; }
    public IReadOnlyList<Client> Apps { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(Guid id, string? part)
    {
        if (await lists.Find(Me, id, Stop) is not { } row) return NotFound();
        (Row, InDialog) = (row, part == "dialog");
        Apps = await start.Apps(Me.TenantSlug, Stop);
        HasChart = Apps.Count > 0 && await start.Context(Me, id, Stop) is not null;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id, string? app)
    {
        if (await lists.Find(Me, id, Stop) is not { } row) return NotFound();
        var started = await start.Start(HttpContext, Me, id, app ?? "", Stop);
        if (!started.Ok) return Refuse(started.Problem);
        Response.Headers.CacheControl = "no-store";
        return new AppOpened(row, started.Value).Answer(this);
    }
}

/// <summary>An app as it opens: in its window at once, or in a frame below the patient's banner, which it fills and leaves alone.</summary>
public sealed record AppOpened(VisitRow Row, StartedApp Started)
{
    internal IActionResult Answer(PageModel page)
    {
        var headers = page.Response.Headers;
        headers.CacheControl = "no-store";
        if (Started.App.Frame) headers.ContentSecurityPolicy = $"{headers.ContentSecurityPolicy}; frame-src 'self' {Started.Origin}";
        // Not a redirect: form-action holds for those, and names no address but ours.
        else headers["Refresh"] = $"0;url={Started.Address.AbsoluteUri}";
        return new ViewResult
        {
            ViewName = Started.App.Frame ? "/Apps/AppFrame.cshtml" : "/Apps/AppWindow.cshtml", TempData = page.TempData,
            ViewData = new Microsoft.AspNetCore.Mvc.ViewFeatures.ViewDataDictionary<AppOpened>(page.ViewData, this),
        };
    }
}
