using System.Text.Encodings.Web;
using HealthTeams.SmartLauncher.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>
/// A place in a visit's room. The public session id is in the path (/room/{id}/…) or, for the hub, in the query (s);
/// it selects one of several cookies, so that launches in two tabs keep apart (SMART-A28).
/// </summary>
internal sealed class SeatHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, VisitSessions sessions)
    : CallerHandler(options, logger, encoder)
{
    protected override async Task<Caller?> Recognise(CancellationToken stop) =>
        SessionId(Request) is { } id
        && Request.Cookies.TryGetValue(VisitSessions.CookiePrefix + id, out var secret)
        && await sessions.Find(id, secret, stop) is { } caller
            ? caller with { Source = Source }
            : null;

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Stranger.Answer(Context, toSignIn: false);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Stranger.Forbid(Context);

    private static string? SessionId(HttpRequest request)
    {
        if (request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal)) return Checked(request.Query["s"].ToString());
        if (!request.Path.StartsWithSegments("/room", StringComparison.Ordinal, out var rest)) return null;
        var text = rest.Value!.TrimStart('/');
        var end = text.IndexOf('/', StringComparison.Ordinal);
        return Checked(end < 0 ? text : text[..end]);
    }

    private static string? Checked(string id) =>
        id.Length == VisitSessions.IdLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? id : null;
}
