using System.Security.Claims;
using System.Text.Json.Nodes;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>The launch's context as SMART names it, from a token's claims: the token answer and introspection say the same (SMART-S5, S9).</summary>
internal static class ContextSaid
{
    public static JsonObject Of(Func<string, string?> claim, string styleAddress)
    {
        var said = new JsonObject();
        if (claim(TokenClaims.Patient) is not { } patient) return said;
        said["patient"] = patient;
        if (claim(TokenClaims.Encounter) is { } encounter) said["encounter"] = encounter;
        // patient and encounter have parameters of their own; fhirContext is for what has none.
        if (claim(TokenClaims.Appointment) is { } appointment) said["fhirContext"] = new JsonArray(new JsonObject { ["reference"] = $"Appointment/{appointment}", ["type"] = "Appointment" });
        if (claim(TokenClaims.Intent) is { } intent) said["intent"] = intent;
        if (claim(TokenClaims.Banner) is { } banner) said["need_patient_banner"] = banner == "true";
        if (claim(TokenClaims.Tenant) is { } tenant) said["tenant"] = tenant;
        said["smart_style_url"] = styleAddress;
        return said;
    }
}

/// <summary>SMART wants the granted scope and the context in every token answer (SMART-S4, S5).</summary>
internal sealed class ContextInAnswer(LauncherSettings settings) : IOpenIddictServerHandler<ProcessSignInContext>
{
    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context is not { EndpointType: OpenIddictServerEndpointType.Token, IncludeAccessToken: true, Principal: { } granted }) return ValueTask.CompletedTask;
        context.Response.Scope = string.Join(' ', granted.GetScopes());
        foreach (var (name, value) in ContextSaid.Of(granted.GetClaim, settings.StyleAddress)) context.Response[name] = new OpenIddictParameter(value);
        return ValueTask.CompletedTask;
    }
}

/// <summary>online_access brings a refresh token, too (OpenIddict knows offline_access only); a grant keeps its own when one refresh asks for less (SMART-S8).</summary>
internal sealed class RefreshWhileOnline : IOpenIddictServerHandler<ProcessSignInContext>
{
    public ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context is { EndpointType: OpenIddictServerEndpointType.Token, Principal: { } granted }
            && ScopeRules.Names(granted.GetClaim(TokenClaims.Whole) ?? "") is var whole && (whole.Contains(ScopeRules.Online) || whole.Contains(ScopeRules.Offline)))
        {
            (context.GenerateRefreshToken, context.IncludeRefreshToken) = (true, true);
        }
        return ValueTask.CompletedTask;
    }
}

/// <summary>SMART-S9: whoever may introspect a token learns its scope and context (OpenIddict tells only the token's audience).</summary>
internal sealed class IntrospectedContext(LauncherSettings settings) : IOpenIddictServerHandler<HandleIntrospectionRequestContext>
{
    public ValueTask HandleAsync(HandleIntrospectionRequestContext context)
    {
        var token = context.GenericTokenPrincipal;
        if (token is null || !token.HasTokenType(OpenIddictConstants.TokenTypeIdentifiers.AccessToken)) return ValueTask.CompletedTask;
        context.Scopes.UnionWith(token.GetScopes());
        foreach (var (name, value) in ContextSaid.Of(token.GetClaim, settings.StyleAddress)) context.Claims[name] = new OpenIddictParameter(value);
        if (token.GetClaim(TokenClaims.FhirUser) is { } user) context.Claims[TokenClaims.FhirUser] = user;
        return ValueTask.CompletedTask;
    }
}

/// <summary>The configuration names PUBLIC_URL, whatever Host header the request came with, and what SMART adds.</summary>
internal sealed class PublicAddresses(LauncherSettings settings) : IOpenIddictServerHandler<HandleConfigurationRequestContext>
{
    public ValueTask HandleAsync(HandleConfigurationRequestContext context)
    {
        context.AuthorizationEndpoint = new Uri(settings.At("/auth/authorize"));
        context.TokenEndpoint = new Uri(settings.TokenEndpoint);
        context.IntrospectionEndpoint = new Uri(settings.At("/auth/introspect"));
        context.RevocationEndpoint = new Uri(settings.At("/auth/revoke"));
        context.JsonWebKeySetEndpoint = new Uri(settings.At("/.well-known/jwks.json"));
        context.Metadata["registration_endpoint"] = settings.At("/auth/register");
        context.Metadata["token_endpoint_auth_signing_alg_values_supported"] = new OpenIddictParameter(["RS384", "ES384"]);
        context.Claims.UnionWith(["fhirUser", "auth_time", "name"]);
        context.Scopes.UnionWith(ScopeRules.Names(ScopeRules.UserScope));
        return ValueTask.CompletedTask;
    }
}
