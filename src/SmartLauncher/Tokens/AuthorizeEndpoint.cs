using System.Security.Claims;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>GET and POST /auth/authorize, after OpenIddict checked client, redirect_uri and PKCE (SMART-S2).</summary>
internal static class AuthorizeEndpoint
{
    public static void MapAuthorize(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/auth/authorize", ["GET", "POST"], Authorize).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> Authorize(
        HttpContext http, ClientRegistry clients, ConsentPage consent, LauncherSettings settings, CancellationToken stop)
    {
        var request = http.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict did not see this request.");
        if (!ForUs(request, settings)) return TokenEndpoint.Refuse(Errors.InvalidRequest, "aud must be the FHIR base address.");
        // The scheme leaves the caller among the features.
        await http.AuthenticateAsync(Callers.Schemes.Staff);
        if (Caller.Of(http) is not { } caller)
        {
            return request.HasPromptValue(PromptValues.None)
                ? TokenEndpoint.Refuse(Errors.LoginRequired, "Nobody is signed in.")
                : Results.Redirect("/auth/sign-in" + QueryString.Create("returnUrl", Again(http, request)));
        }
        var client = await clients.Find(request.ClientId!, stop);
        if (client is null || client.Tenant != caller.TenantSlug) return TokenEndpoint.Refuse(Errors.AccessDenied, "This app is not registered for your hospital.");
        // patient/ scopes come with the launch context of apps we launch.
        var scopes = ScopeRules.Grant(request.GetScopes(), client.Scope, ScopeLevel.User);
        if (scopes.Count == 0) return TokenEndpoint.Refuse(Errors.InvalidScope, "None of these scopes can be granted.");

        var decision = HttpMethods.IsPost(http.Request.Method) ? http.Request.Form["decision"].ToString() : "";
        if (decision.Length == 0) return consent.Show(http, request, client, caller, scopes);
        if (!consent.Genuine(http, caller, client)) return TokenEndpoint.Refuse(Errors.AccessDenied, "This consent was not given on our page.");
        if (decision != "approve") return TokenEndpoint.Refuse(Errors.AccessDenied, "The user said no.");
        return Results.SignIn(Principal(caller, scopes, settings), authenticationScheme: TokenEndpoint.Scheme);
    }

    /// <summary>A token for somebody else's server must not be had here: aud (or resource) names our FHIR base.</summary>
    private static bool ForUs(OpenIddictRequest request, LauncherSettings settings)
    {
        var aud = (string?)request["aud"] ?? request.GetResources().FirstOrDefault();
        return aud?.TrimEnd('/') == settings.FhirBase;
    }

    private static ClaimsPrincipal Principal(Caller caller, IReadOnlyList<string> scopes, LauncherSettings settings)
    {
        var identity = new ClaimsIdentity("staff", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, caller.Id);
        identity.SetClaim(TokenClaims.Tenant, caller.TenantSlug);
        identity.SetClaim(TokenClaims.Kind, nameof(CallerKind.Staff));
        identity.SetClaim(TokenClaims.Person, caller.Person.ToString());
        identity.SetScopes(scopes);
        identity.SetResources(settings.FhirBase);
        identity.SetDestinations(claim => claim.Type == Claims.Subject ? [Destinations.AccessToken, Destinations.IdentityToken] : [Destinations.AccessToken]);
        return new ClaimsPrincipal(identity);
    }

    private static string Again(HttpContext http, OpenIddictRequest request)
    {
        if (HttpMethods.IsGet(http.Request.Method)) return http.Request.Path + http.Request.QueryString;
        var query = new QueryBuilder(request.GetParameters().Select(p => KeyValuePair.Create(p.Key, p.Value.ToString() ?? "")));
        return http.Request.Path + query.ToQueryString();
    }
}
