using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Access;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealthTeams.SmartLauncher.Discovery;

/// <summary>What our authorization server can do, and nothing it cannot (SMART-S1): absolute addresses, any origin, always JSON.</summary>
internal static class SmartConfigurationEndpoint
{
    public static void MapSmartConfiguration(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/fhir/.well-known/smart-configuration", async (HttpContext http, LauncherSettings settings, Brands brands, CancellationToken stop) =>
        {
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.CacheControl = "public, max-age=300";
            var configuration = Configuration(settings);
            if (await brands.Published(stop) is { } published)
            {
                configuration["user_access_brand_bundle"] = settings.At("/brands.json");
                configuration["user_access_brand_identifier"] = Brands.Identifier(published.Primary);
            }
            return Results.Json(configuration, contentType: "application/json");
        }).AllowAnonymous().ExcludeFromDescription();

    private static JsonObject Configuration(LauncherSettings settings) => new()
    {
        ["issuer"] = settings.Issuer,
        ["jwks_uri"] = settings.At("/.well-known/jwks.json"),
        ["authorization_endpoint"] = settings.At("/auth/authorize"),
        ["token_endpoint"] = settings.TokenEndpoint,
        ["introspection_endpoint"] = settings.At("/auth/introspect"),
        ["revocation_endpoint"] = settings.At("/auth/revoke"),
        ["registration_endpoint"] = settings.At("/auth/register"),
        ["grant_types_supported"] = Texts("authorization_code", "refresh_token", "client_credentials"),
        ["response_types_supported"] = Texts("code"),
        ["code_challenge_methods_supported"] = Texts("S256"),
        ["token_endpoint_auth_methods_supported"] = Texts("client_secret_basic", "client_secret_post", "private_key_jwt"),
        ["token_endpoint_auth_signing_alg_values_supported"] = Texts("RS384", "ES384"),
        ["scopes_supported"] = Texts([.. ScopeRules.Names(ScopeRules.UserScope), "patient/*.rs", "user/*.rs", "system/*.cruds", "system/*.rs"]),
        ["capabilities"] = Texts([.. SmartCapabilities.All]),
    };

    private static JsonArray Texts(params string[] values) => new([.. values.Select(v => (JsonNode)v)]);
}
