using Scalar.AspNetCore;

namespace HealthTeams.Host;

/// <summary>The API's page at /docs/api, from /openapi/v1.json.</summary>
internal static class ApiDocs
{
    /// <summary>Where SecurityHeaders leaves the nonce that this page's script bears.</summary>
    public static readonly object Nonce = new();

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapScalarApiReference("/docs/api", (o, http) =>
        {
            o.WithTitle("HealthTeams API").WithOpenApiRoutePattern("/openapi/v1.json");
            o.DefaultFonts = false; // nothing from other hosts
            if (http.Items[Nonce] is string nonce) o.WithNonce(nonce);
        }).AllowAnonymous();
}
