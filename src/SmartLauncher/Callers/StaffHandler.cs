using System.Text.Encodings.Web;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>The session cookie of a signed-in staff member.</summary>
internal sealed class StaffHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, StaffSessions sessions)
    : CallerHandler(options, logger, encoder)
{
    protected override async Task<Caller?> Recognise(CancellationToken stop) =>
        Request.Cookies.TryGetValue(StaffSessions.Cookie, out var secret) && secret.Length == StaffSessions.SecretLength
        && await sessions.Find(secret, stop) is { } caller
            ? caller with { Source = Source }
            : null;

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Stranger.Answer(Context, toSignIn: true);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Stranger.Forbid(Context);
}
