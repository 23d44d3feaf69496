using System.Security.Claims;
using HealthTeams.Platform.Tenants;
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

    private static async Task<IResult> Exchange(
        HttpContext http, ClientRegistry clients, OnceOnly once, StaffPresence presence, TenantDirectory tenants, LauncherSettings settings, CancellationToken stop)
    {
        var request = http.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict did not see this request.");
        if (request.IsClientCredentialsGrantType()) return await Backend(request, clients, settings, stop);
        if (!request.IsAuthorizationCodeGrantType() && !request.IsRefreshTokenGrantType()) return Refuse(Errors.UnsupportedGrantType, "This grant type is not offered.");
        var granted = (await http.AuthenticateAsync(Scheme)).Principal!;
        var whole = ScopeRules.Names(granted.GetClaim(TokenClaims.Whole) ?? "");
        if (request.IsRefreshTokenGrantType())
        {
            // A refresh may ask for less, never for more; what it leaves out comes back with the next (SMART-S8, RFC 6749, 6).
            string[] asked = request.GetScopes() is { Length: > 0 } said ? [.. said] : whole;
            if (!asked.All(whole.Contains)) return Refuse(Errors.InvalidScope, "A refresh cannot widen the scope.");
            if (!await StillThere(granted, whole, presence, tenants, stop)) return Refuse(Errors.InvalidGrant, "The user has signed out; online_access ends with that. Start again.");
            granted.SetScopes(asked);
        }
        if (!await once.Claim(granted.GetTokenId(), granted.GetAuthorizationId(), request.ClientId, stop)) return Refuse(Errors.InvalidGrant, "This was used already.");
        return Results.SignIn(granted, authenticationScheme: Scheme);
    }

    /// <summary>online_access ends with the user's session; offline_access does not ask.</summary>
    private static async Task<bool> StillThere(ClaimsPrincipal granted, string[] whole, StaffPresence presence, TenantDirectory tenants, CancellationToken stop) =>
        whole.Contains(ScopeRules.Offline) || (granted.GetClaim(TokenClaims.Session) is { } session && granted.GetClaim(TokenClaims.Tenant) is { } slug
            && await tenants.Find(slug, stop) is { } tenant && await presence.StillOpen(tenant.Id, Convert.FromHexString(session), stop));

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
