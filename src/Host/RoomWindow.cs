using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Problems;
using HealthTeams.SmartLauncher.Launch;
using HealthTeams.SmartLauncher.Sessions;

namespace HealthTeams.Host;

/// <summary>
/// From a frame without a camera to a window of its own: partitioned cookies do not travel there, so a code that works
/// once, for half a minute, opens a new session for the same seat.
/// </summary>
internal static class RoomWindow
{
    private static readonly TimeSpan Lives = TimeSpan.FromSeconds(30);
    private static readonly ConcurrentDictionary<string, (Caller Caller, DateTimeOffset Until)> Codes = new(StringComparer.Ordinal);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/room/{sid}/window", Ask).RequireAuthorization("seat");
        routes.MapGet("/room/window/{code}", Open).AllowAnonymous();
    }

    private static IResult Ask(Caller caller, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        foreach (var old in Codes.Where(c => c.Value.Until < now)) Codes.TryRemove(old.Key, out _);
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        Codes[code] = (caller, now + Lives);
        return Results.Json(new { url = $"/room/window/{code}" });
    }

    private static async Task<IResult> Open(string code, HttpContext http, VisitSessions sessions, Ending ending, TimeProvider clock, CancellationToken stop)
    {
        if (!Codes.TryRemove(code, out var entry) || entry.Until < clock.GetUtcNow())
        {
            return Results.Redirect(await ending.Of(new Problem(410, LaunchProblem.StateUsed, "The window's code was used, or is over."), new LaunchTrace(), null, stop));
        }
        var c = entry.Caller;
        var look = await sessions.Look(c, stop);
        // A window of its own has no EHR around it that would show the patient's banner.
        var opened = await sessions.Open(http, c.Tenant, new SeatHolder(c.Seat!.Visit, c.Seat.Participant, c.Person, c.Kind, c.Display)
        {
            Banner = true, Style = look.Style, Until = look.ExpiresAt,
        }, stop);
        http.Response.Headers.CacheControl = "no-store";
        return Results.Redirect(opened.Room);
    }
}
