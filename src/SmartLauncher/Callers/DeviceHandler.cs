using System.Text.Encodings.Web;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Tenants;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>A room's device: its cookie opens the kiosk's pages, and nothing else of the product takes this scheme.</summary>
internal sealed class DeviceHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, RoomDevices devices, TenantDirectory tenants)
    : CallerHandler(options, logger, encoder)
{
    public const string Cookie = "__Host-ht-room";

    protected override async Task<Caller?> Recognise(CancellationToken stop)
    {
        if (!Request.Path.StartsWithSegments("/kiosk", StringComparison.OrdinalIgnoreCase)) return null;
        if (!Request.Cookies.TryGetValue(Cookie, out var secret) || secret.Length != 43 || await devices.Find(secret, Source, stop) is not { } device) return null;
        return new Caller { Tenant = device.Tenant, TenantSlug = (await tenants.Find(device.Tenant, stop))!.Slug, Id = device.Id.ToString(), Kind = CallerKind.Guest, Display = device.Name, Client = "room-device", Source = Source };
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Stranger.Answer(Context, toSignIn: false);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Stranger.Forbid(Context);
}

/// <summary>The device's secret in its browser. Strict: no other site's page or form brings it along.</summary>
public static class DeviceCookie
{
    public static void Put(HttpContext http, string secret) => http.Response.Cookies.Append(DeviceHandler.Cookie, secret,
        new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = TimeSpan.FromDays(400), IsEssential = true });

    public static string? Of(HttpContext http) => http.Request.Cookies[DeviceHandler.Cookie];
}
