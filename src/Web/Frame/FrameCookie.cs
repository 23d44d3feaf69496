using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Frame;

/// <summary>
/// A cookie that also lives inside an EHR's frame: SameSite=None, Secure and Partitioned. Browsers take Secure from
/// https and from loopback only; elsewhere (plain http on a ward's test network) there is no frame to serve, and Lax works.
/// </summary>
internal sealed class FrameCookie : CookieBuilder
{
    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var cookie = base.Build(context, expiresFrom);
        if (Trusted(context.Request))
        {
            cookie.SameSite = SameSiteMode.None;
            cookie.Secure = true;
            cookie.Extensions.Add("Partitioned");
        }
        else
        {
            cookie.SameSite = SameSiteMode.Lax;
        }
        return cookie;
    }

    private static bool Trusted(HttpRequest request) =>
        request.IsHttps || request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";
}
