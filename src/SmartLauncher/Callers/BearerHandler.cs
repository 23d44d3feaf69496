using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using HealthTeams.SmartLauncher.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>Our access tokens on the FHIR API (SMART-S15); refusals are OperationOutcomes there.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessTokens tokens)
    : CallerHandler(options, logger, encoder)
{
    private const string Prefix = "Bearer ";
    private Problem refused = Problem.Unauthorized("An access token is needed.");
    private bool sentToken;

    protected override async Task<Caller?> Recognise(CancellationToken stop)
    {
        // An address is kept in logs and histories: a token in it is refused even beside one in the header (RFC 6750, 2.3).
        if (Request.Query.ContainsKey("access_token"))
        {
            sentToken = true;
            refused = Problem.Unauthorized("A token in the address is refused. Send it in the Authorization header, and count this one as known to others.");
            return null;
        }
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;
        sentToken = true;
        var caller = await tokens.Check(header[Prefix.Length..].Trim(), stop);
        if (caller.Ok) return caller.Value with { Source = Source };
        refused = caller.Problem;
        return null;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = sentToken
            ? $"""Bearer realm="fhir", error="invalid_token", error_description="{refused.Detail}" """.TrimEnd()
            : """Bearer realm="fhir" """.TrimEnd();
        return Refuse(refused);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = """Bearer realm="fhir", error="insufficient_scope" """.TrimEnd();
        return Refuse(Problem.Forbidden("The access token's scope does not cover this."));
    }

    private Task Refuse(Problem problem)
    {
        if (!Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal)) return problem.ToResult().ExecuteAsync(Context);
        Response.StatusCode = problem.Status;
        Response.ContentType = "application/fhir+json; charset=utf-8";
        return Response.WriteAsync(new JsonObject
        {
            ["resourceType"] = "OperationOutcome",
            ["issue"] = new JsonArray(new JsonObject { ["severity"] = "error", ["code"] = problem.Code, ["diagnostics"] = problem.Detail }),
        }.ToJsonString(), Context.RequestAborted);
    }
}
