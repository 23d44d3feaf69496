using System.Security.Claims;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>POST /auth/token, after OpenIddict authenticated the client and checked code, verifier or refresh token.</summary>
internal static class TokenEndpoint
{
    internal const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public static void MapToken(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/auth/token", Exchange).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> Exchange(HttpContext http, ClientRegistry clients, LauncherSettings settings, CancellationToken stop)
    {
        var request = http.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict did not see this request.");
        if (request.IsClientCredentialsGrantType()) return await Backend(request, clients, settings, stop);
        if (!request.IsAuthorizationCodeGrantType() && !request.IsRefreshTokenGrantType()) return Refuse(Errors.UnsupportedGrantType, "This grant type is not offered.");
        var granted = (await http.AuthenticateAsync(Scheme)).Principal!;
        // A refresh may ask for less, never for more (SMART-S8).
        if (request.IsRefreshTokenGrantType() && request.GetScopes() is { Length: > 0 } asked)
        {
            if (!asked.All(granted.HasScope)) return Refuse(Errors.InvalidScope, "A refresh cannot widen the scope.");
            granted.SetScopes(asked);
        }
        return Results.SignIn(granted, authenticationScheme: Scheme);
    }

    /// <summary>SMART backend services: system scopes, five minutes, no refresh token (SMART-S13).</summary>
    private static async Task<IResult> Backend(OpenIddictRequest request, ClientRegistry clients, LauncherSettings settings, CancellationToken stop)
    {
        if (await clients.Find(request.ClientId!, stop) is not { } client) return Refuse(Errors.InvalidClient, "The client is not registered.");
        var asked = request.GetScopes() is { Length: > 0 } said ? (IEnumerable<string>)said : client.Scope.Split(' ');
        var scopes = ScopeRules.Grant(asked, client.Scope, ScopeLevel.System);
        if (scopes.Count == 0) return Refuse(Errors.InvalidScope, "None of these scopes is registered for the client.");
        var identity = new ClaimsIdentity("client", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, client.Id);
        identity.SetClaim(TokenClaims.Tenant, client.Tenant);
        identity.SetClaim(TokenClaims.Kind, nameof(CallerKind.System));
        identity.SetScopes(scopes);
        identity.SetResources(settings.FhirBase);
        identity.SetAccessTokenLifetime(AuthorizationServer.BackendToken);
        identity.SetDestinations(_ => [Destinations.AccessToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: Scheme);
    }

    internal static IResult Refuse(string error, string description) => Results.Forbid(
        new AuthenticationProperties(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
        }), [Scheme]);
}

/// <summary>Our own claims in access tokens.</summary>
internal static class TokenClaims
{
    public const string Tenant = "tenant";
    public const string Kind = "kind";
    public const string Person = "person";
    public const string Patient = "patient";

    /// <summary>OpenIddict's name for the row that tells whether the token was revoked.</summary>
    public const string Entry = "oi_tkn_id";
}
