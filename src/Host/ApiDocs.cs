using Scalar.AspNetCore;

namespace HealthTeams.Host;

/// <summary>The API's page at /docs/api, from /openapi/v1.json.</summary>
internal static class ApiDocs
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapScalarApiReference("/docs/api", o => o.WithTitle("HealthTeams API").WithOpenApiRoutePattern("/openapi/v1.json")).AllowAnonymous();
}
