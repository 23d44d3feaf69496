using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealthTeams.SmartLauncher.Discovery;

/// <summary>smart_style_url (SMART-S5, context-style): our colours and sizes, for apps that want to look at home.</summary>
internal static class SmartStyle
{
    public static void MapSmartStyle(this IEndpointRouteBuilder routes) => routes.MapGet("/auth/smart-style.json", (HttpContext http) =>
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "public, max-age=3600";
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        return Results.Json(new JsonObject
        {
            ["color_background"] = "#f6f8f8", ["color_error"] = "#b3261e", ["color_highlight"] = "#0b6e6e", ["color_modal_backdrop"] = "#1c2b2b", ["color_success"] = "#1f7a3d",
            ["color_text"] = "#172222", ["dim_border_radius"] = "6px", ["dim_font_size"] = "14px", ["dim_spacing_size"] = "16px",
            ["font_family_body"] = "system-ui, sans-serif", ["font_family_heading"] = "system-ui, sans-serif",
        }, contentType: "application/json");
    }).AllowAnonymous().ExcludeFromDescription();
}
