using HealthTeams.SmartLauncher.Clients;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Npgsql;

namespace HealthTeams.Host;

/// <summary>
/// Who may read our answers in a browser (SMART-S16): anybody what is public anyway; the FHIR API and the token endpoints
/// the origins of registered apps and of CORS_ORIGINS. Bearer tokens, never cookies, open these; nothing else answers
/// another origin at all.
/// </summary>
internal static class CrossOrigin
{
    private static readonly string[] Open =
        ["/.well-known", "/auth/.well-known", "/auth/jwks", "/fhir/.well-known", "/fhir/metadata", "/fhir/$versions", "/brands.json"];
    private static readonly string[] ForApps = ["/fhir", "/app-state", "/auth/token", "/auth/introspect", "/auth/revoke", "/auth/register"];

    public static void Use(WebApplication app, HostSettings settings)
    {
        app.UseWhen(At(Open), b => b.UseCors(p => p.AllowAnyOrigin().AllowAnyHeader().WithMethods("GET", "HEAD")));
        if (settings.AnyOrigin)
        {
            app.UseWhen(http => At(ForApps)(http) && !At(Open)(http), b => b.UseCors(ForApp(p => p.AllowAnyOrigin())));
            return;
        }
        var origins = app.Services.GetRequiredService<ClientOrigins>();
        IReadOnlySet<string> registered = new HashSet<string>();
        var listed = settings.CorsOrigins.ToHashSet(StringComparer.OrdinalIgnoreCase);
        app.UseWhen(http => At(ForApps)(http) && !At(Open)(http), b =>
        {
            b.Use(async (http, next) =>
            {
                try
                {
                    if (http.Request.Headers.Origin.Count > 0) registered = await origins.All(http.RequestAborted);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException)
                {
                    // The database is away: those known before are still right, and the answer will say what is wrong.
                }
                await next(http);
            });
            b.UseCors(ForApp(p => p.SetIsOriginAllowed(origin => listed.Contains(origin) || registered.Contains(origin))));
        });
    }

    private static Action<CorsPolicyBuilder> ForApp(Action<CorsPolicyBuilder> who) => p =>
    {
        p.WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS").AllowAnyHeader()
            .WithExposedHeaders("ETag", "Location", "Last-Modified", "Content-Location", "Warning", "Retry-After", "WWW-Authenticate");
        who(p);
    };

    private static Func<HttpContext, bool> At(string[] paths) => http => Array.Exists(paths, p => http.Request.Path.StartsWithSegments(p));
}
