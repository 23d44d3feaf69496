using System.Collections.Concurrent;
using System.Security.Cryptography;
using HealthTeams.Platform.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>
/// Who may frame us is said per answer: a room by its own hospital's EHRs, launches and error pages by every registered
/// EHR (SMART-A27), everything else by nobody. No inline script or style anywhere but in the API's page, which holds nothing.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next, EhrRegistry ehrs)
{
    private const int AllTenants = 0;
    private readonly ConcurrentDictionary<int, IReadOnlyList<string>> lastKnown = new();

    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path;
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        // A browser that was here over https never tries http again; an address of this machine is for trying things out.
        if (http.Request.IsHttps && http.Request.Host.Host is not ("127.0.0.1" or "localhost")) headers.StrictTransportSecurity = "max-age=31536000";
        headers["Cross-Origin-Resource-Policy"] = path.StartsWithSegments("/fhir") || path.StartsWithSegments("/.well-known") ? "cross-origin" : "same-origin";
        if (path.StartsWithSegments("/fhir"))
        {
            await next(http);
            return;
        }
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()";
        if (path.StartsWithSegments("/room"))
        {
            // Whose room it is, is known when the seat was recognised; a stranger gets an error page.
            http.Response.OnStarting(async () => headers.ContentSecurityPolicy = Page(http, await Ancestors(http.Features.Get<Caller>()?.Tenant ?? AllTenants)));
        }
        else
        {
            headers.ContentSecurityPolicy = path.StartsWithSegments("/docs/api") ? ApiPage(http)
                : Page(http, path.StartsWithSegments("/launch") || path.StartsWithSegments("/error") ? await Ancestors(AllTenants) : "'none'");
        }
        await next(http);
    }

    private static string Page(HttpContext http, string ancestors) =>
        $"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'{OwnSocket(http.Request)}; object-src 'none'; base-uri 'none'; " +
        $"form-action 'self'{(LeadsToClient(http.Request) ? " https: http://127.0.0.1:* http://localhost:*" : "")}; frame-ancestors {ancestors}";

    /// <summary>Scalar's start is an inline script, and its components bring their styles with them.</summary>
    private static string ApiPage(HttpContext http)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        http.Items[ApiDocs.Nonce] = nonce;
        return $"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
            "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>Older Safari does not count a WebSocket of the same host as 'self'.</summary>
    private static string OwnSocket(HttpRequest request) => request.Host.HasValue ? $" {(request.IsHttps ? "wss" : "ws")}://{request.Host.ToUriComponent()}" : "";

    /// <summary>Chromium holds form-action against every redirect that follows: consent, and signing in for it, end at the client's address.</summary>
    private static bool LeadsToClient(HttpRequest request) => request.Path.StartsWithSegments("/auth/authorize")
        || (request.Path.StartsWithSegments("/auth/sign-in") && request.Query["returnUrl"].ToString().StartsWith("/auth/authorize", StringComparison.Ordinal));

    private async Task<string> Ancestors(int tenant)
    {
        try
        {
            lastKnown[tenant] = await ehrs.FrameAncestors(tenant == AllTenants ? null : tenant, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // The page that says "try again in a moment" must come, framed as before.
        }
        return string.Join(' ', lastKnown.GetValueOrDefault(tenant, []).Prepend("'self'"));
    }
}
