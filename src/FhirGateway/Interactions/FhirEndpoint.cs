using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>HTTP on one side, interactions on the other.</summary>
internal static class FhirEndpoint
{
    public const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/fhir/metadata", ["GET", "HEAD"], (HttpContext http, Metadata metadata) => AnswerWriter.Write(http, metadata.Answer(http.Request))).AllowAnonymous();
        // A browser's preflight carries no token; what asks without being one learns the methods the same way.
        routes.MapMethods("/fhir/{**path}", ["OPTIONS"], (HttpContext http) =>
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            http.Response.Headers.Allow = Methods;
        }).AllowAnonymous();
        // Every other method too, so that an unknown one is refused as FHIR refuses.
        routes.Map("/fhir/{**path}", Interact).RequireAuthorization("fhir").DisableAntiforgery();
    }

    private static async Task Interact(HttpContext http, FhirRouter router, FhirSettings settings, string? path)
    {
        var caller = http.Features.Get<Caller>()!;
        var request = await RequestReader.Read(http, settings, path ?? "");
        await AnswerWriter.Write(http, request.Ok ? await router.Handle(caller, request.Value, http.RequestAborted) : FhirAnswer.Of(request.Problem));
    }
}
