using System.Text.Json.Nodes;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>
/// SMART-S9: POST /auth/introspect with a bearer token in place of client authentication. An app may ask about its own
/// tokens, a system (a token with system/ scopes: a resource server) about those of its hospital; of all others it learns
/// that they are inactive, as of those that never were.
/// </summary>
internal sealed class IntrospectionByBearer(AccessTokens tokens, LauncherSettings settings) : IOpenIddictServerHandler<ExtractIntrospectionRequestContext>
{
    private const string Prefix = "Bearer ";

    public async ValueTask HandleAsync(ExtractIntrospectionRequestContext context)
    {
        var http = context.Transaction.GetHttpRequest()?.HttpContext ?? throw new InvalidOperationException("There is no HTTP request.");
        // Whoever asks and however: OpenIddict leaves it out here.
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Pragma = "no-cache";
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || !HttpMethods.IsPost(http.Request.Method) || !http.Request.HasFormContentType) return;
        var stop = http.RequestAborted;
        var asking = await tokens.Check(header[Prefix.Length..].Trim(), stop);
        var token = (await http.Request.ReadFormAsync(stop))["token"].ToString();
        if (!asking.Ok)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer realm=\"auth\", error=\"invalid_token\"";
            await Send(http, 401, new JsonObject { ["error"] = "invalid_token", ["error_description"] = asking.Problem.Detail });
        }
        else if (token.Length == 0)
        {
            await Send(http, 400, new JsonObject { ["error"] = "invalid_request", ["error_description"] = "The parameter token is missing." });
        }
        else
        {
            var read = await tokens.Read(token, stop);
            await Send(http, 200, read.Ok && May(asking.Value, read.Value) ? Active(read.Value) : new JsonObject { ["active"] = false });
        }
        context.HandleRequest();
    }

    private static bool May(Caller asking, JsonWebToken token) =>
        AccessTokens.Text(token, TokenClaims.Tenant) == asking.TenantSlug
        && (AccessTokens.Text(token, "client_id") == asking.Client || asking.Scopes.Any(s => SmartScope.TryParse(s, out var scope) && scope.Level == ScopeLevel.System));

    private JsonObject Active(JsonWebToken token)
    {
        string? Claim(string name) => AccessTokens.Text(token, name);
        var said = new JsonObject
        {
            ["active"] = true, ["iss"] = token.Issuer, ["sub"] = token.Subject, ["client_id"] = Claim("client_id"), ["scope"] = Claim("scope"), ["token_type"] = "Bearer",
            ["aud"] = settings.FhirBase, ["exp"] = Seconds(token.ValidTo), ["iat"] = Seconds(token.IssuedAt),
        };
        if (Claim(TokenClaims.FhirUser) is { } user) said[TokenClaims.FhirUser] = user;
        foreach (var (name, value) in ContextSaid.Of(Claim, settings.StyleAddress)) said[name] = value?.DeepClone();
        return said;
    }

    private static long Seconds(DateTime at) => new DateTimeOffset(at, TimeSpan.Zero).ToUnixTimeSeconds();

    private static Task Send(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(body, options: null, contentType: "application/json", http.RequestAborted);
    }
}
