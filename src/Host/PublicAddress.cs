using Microsoft.AspNetCore.HttpOverrides;

namespace HealthTeams.Host;

/// <summary>
/// Behind a proxy, PUBLIC_URL is what browsers and EHRs see: links, cookies and token audiences follow it, whatever the
/// proxy calls us. The caller's address is believed from a proxy on this machine, or from
/// those TRUSTED_PROXIES names. Live connections are opened by our
/// own pages alone: WebSockets know no CORS.
/// </summary>
internal static class PublicAddress
{
    public static void Use(WebApplication app, HostSettings settings)
    {
        app.UseForwardedHeaders(Forwarded(settings));
        app.Use((http, next) =>
        {
            if (settings.PublicUrl is { } url)
            {
                http.Request.Scheme = url.Scheme;
                http.Request.Host = new HostString(url.Authority);
            }
            var live = http.Request.Path.StartsWithSegments("/live") || http.Request.Path.StartsWithSegments("/hubs");
            if (live && http.Request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{http.Request.Scheme}://{http.Request.Host}")
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            }
            return next();
        });
    }

    private static ForwardedHeadersOptions Forwarded(HostSettings settings)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor };
        if (settings.TrustedProxies.Count == 0) return options;
        options.ForwardLimit = null; // through as many as are trusted
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in settings.TrustedProxies) options.KnownIPNetworks.Add(network);
        return options;
    }
}
