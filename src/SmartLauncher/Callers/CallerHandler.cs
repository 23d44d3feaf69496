using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>What the three schemes share: the caller goes among the request's features, where endpoints bind it from.</summary>
internal abstract class CallerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Null: this request carries nothing of this scheme, or nothing valid.</summary>
    protected abstract Task<Caller?> Recognise(CancellationToken stop);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var caller = await Recognise(Context.RequestAborted);
        if (caller is null) return AuthenticateResult.NoResult();
        // A policy with several schemes lists the most specific first: its caller stays.
        caller.Arrive(Context);
        var identity = new ClaimsIdentity(
            [new("sub", caller.Id), new("kind", caller.Kind.ToString()), new(ClaimTypes.NameIdentifier, caller.Id), .. caller.Roles.Select(r => new Claim("role", r))],
            Scheme.Name, "sub", "role");
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected string? Source => Context.Connection.RemoteIpAddress?.ToString();
}
