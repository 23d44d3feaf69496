using HealthTeams.FhirGateway.Access;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Apps;

/// <summary>An app that is being started: where the browser goes, in a frame of ours or a window of its own.</summary>
public sealed record StartedApp(Client App, Uri Address)
{
    public string Origin => Address.GetLeftPart(UriPartial.Authority);
}

/// <summary>Starts apps of others from a visit, with its patient (SMART-S6).</summary>
public sealed class AppStart(Db db, ClientRegistry clients, AppLaunches launches, LauncherSettings settings)
{
    /// <summary>Apps of this hospital that our pages may start.</summary>
    public async Task<IReadOnlyList<Client>> Apps(string tenant, CancellationToken stop) =>
        [.. (await clients.All(tenant, stop)).Where(c => c is { Pending: false, Backend: false, LaunchUrl: not null })];

    /// <summary>What the visit is in our FHIR API: without that an app would have nothing to read.</summary>
    public Task<ChartContext?> Context(Caller caller, Guid visit, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => LaunchChart.OfVisit(tx, visit), stop);

    public async Task<Outcome<StartedApp>> Start(HttpContext http, Caller caller, Guid visit, string clientId, CancellationToken stop)
    {
        if ((await Apps(caller.TenantSlug, stop)).FirstOrDefault(c => c.Id == clientId) is not { } app) return Problem.NotFound("There is no such app here.");
        if (await Context(caller, visit, stop) is not { } chart) return Problem.NotFound("This visit's patient is not in our FHIR API.", "no-chart");
        if (http.Request.Cookies[StaffSessions.Cookie] is not { } session) return Problem.Unauthorized("Sign in first.");
        var browser = app.Frame ? Secrets.New() : null;
        var handle = await launches.Issue(caller.Tenant, caller.Actor, new AppLaunch(app.Id, chart)
        {
            Person = caller.Person, Session = Secrets.Hash(session), Browser = browser is null ? null : Secrets.Hash(browser), Visit = visit,
            // In our frame the patient's banner stands above the app.
            Banner = !app.Frame,
        }, stop);
        if (!handle.Ok) return handle.Problem;
        if (browser is not null) HandOver(http, browser);
        var query = $"?iss={Uri.EscapeDataString(settings.FhirBase)}&launch={handle.Value}";
        return new StartedApp(app, new Uri(app.LaunchUrl + (app.LaunchUrl!.Contains('?', StringComparison.Ordinal) ? '&' + query[1..] : query)));
    }

    /// <summary>Partitioned, so it is sent to us from the frame on our page and from no other site's.</summary>
    private static void HandOver(HttpContext http, string browser)
    {
        var options = new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.None, Path = "/", MaxAge = AppLaunches.Lifetime, IsEssential = true };
        options.Extensions.Add("Partitioned");
        http.Response.Cookies.Append(StaffPresence.FrameCookie, browser, options);
    }
}
