using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealthTeams.SmartLauncher.Discovery;

/// <summary>GET /brands.json: public, for any origin, with a weak ETag (SMART-S19).</summary>
internal static class BrandsEndpoint
{
    public static void MapBrands(this IEndpointRouteBuilder routes) => routes.MapGet("/brands.json", async (HttpContext http, Brands brands, CancellationToken stop) =>
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        if (await brands.Published(stop) is not { } bundle) return Results.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=300";
        http.Response.Headers.ETag = bundle.ETag;
        return http.Request.Headers.IfNoneMatch.SelectMany(v => v!.Split(',', StringSplitOptions.TrimEntries)).Any(tag => tag == bundle.ETag || tag == "*")
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Json(bundle.Bundle, contentType: "application/json");
    }).AllowAnonymous().ExcludeFromDescription();
}
