using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Keys;

/// <summary>The public halves of our keys: EHRs check our client assertions with them, clients our tokens (SMART-A13, S7).</summary>
internal static class KeySetEndpoint
{
    public static void MapKeySet(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/.well-known/jwks.json", (KeyRing keys, HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=300";
            http.Response.Headers.AccessControlAllowOrigin = "*";
            return Results.Json(PublicSet(keys), contentType: "application/json");
        }).AllowAnonymous().ExcludeFromDescription();

    public static JsonObject PublicSet(KeyRing keys) =>
        new() { ["keys"] = new JsonArray([.. keys.Client.Published.Append(keys.Signing).Select(Public)]) };

    private static JsonObject Public(SigningCredentials credentials)
    {
        var jwk = JsonWebKeyConverter.ConvertFromSecurityKey(credentials.Key);
        var shown = new JsonObject
        {
            ["kty"] = jwk.Kty,
            ["alg"] = credentials.Algorithm,
            ["kid"] = credentials.Kid,
            // As SMART's own examples: key_ops instead of use, and never both (RFC 7517 4.3).
            ["key_ops"] = new JsonArray("verify"),
        };
        if (jwk.Kty == JsonWebAlgorithmsKeyTypes.RSA)
        {
            shown["n"] = jwk.N;
            shown["e"] = jwk.E;
        }
        else
        {
            shown["crv"] = jwk.Crv;
            shown["x"] = jwk.X;
            shown["y"] = jwk.Y;
        }
        return shown;
    }
}
