using HealthTeams.SmartLauncher.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>GET /auth/provider/ID to the hospital's provider, and its callback. Failures end on the sign-in page, with a code and a reference.</summary>
internal static class ProviderEndpoints
{
    public static void MapProviders(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/auth/provider").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/{id:guid}", async (Guid id, string? returnUrl, HttpContext http, ProviderSignIn providers, ILogger<ProviderSignIn> log, CancellationToken stop) =>
            See(http, await providers.Begin(id, returnUrl, http, stop), log));
        group.MapGet("/callback", async (HttpContext http, ProviderSignIn providers, ILogger<ProviderSignIn> log, CancellationToken stop) =>
            See(http, await providers.Answer(http, stop), log));
    }

    private static IResult See(HttpContext http, Outcome<string> there, ILogger log)
    {
        var address = there.Ok ? there.Value : "";
        if (!there.Ok)
        {
            var reference = Secrets.Random(6);
            log.LogWarning("Sign-in {Reference} with a provider's account ended with {Code}: {Detail}", reference, there.Problem.Code, there.Problem.Detail);
            address = $"/auth/sign-in?problem={there.Problem.Code}&ref={reference}";
        }
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Location = address;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }
}
