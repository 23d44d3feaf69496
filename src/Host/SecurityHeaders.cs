using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.Host;

/// <summary>
/// Who may frame us is said per answer: rooms and launches by the registered EHRs' origins (SMART-A27), everything else
/// by nobody. No inline script or style anywhere.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next, EhrRegistry ehrs)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path;
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = path.StartsWithSegments("/fhir") || path.StartsWithSegments("/.well-known") ? "cross-origin" : "same-origin";
        if (path.StartsWithSegments("/fhir"))
        {
            await next(http);
            return;
        }
        var framed = path.StartsWithSegments("/room") || path.StartsWithSegments("/launch") || path.StartsWithSegments("/error");
        var ancestors = framed ? string.Join(' ', (await ehrs.FrameAncestors(null, http.RequestAborted)).Prepend("'self'")) : "'none'";
        headers.ContentSecurityPolicy =
            $"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self' https: http://127.0.0.1:* http://localhost:*; frame-ancestors {ancestors}";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()";
        await next(http);
    }
}
