// https://hl7.org/fhir/smart-app-launch/token-introspection.html and RFC 7009
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class Introspection
{
    public static void MapIntrospection(this WebApplication app, Ehr ehr)
    {
        app.MapPost("/oauth/introspect", context => Introspect(context, ehr));
        app.MapPost("/oauth/revoke", context => Revoke(context, ehr));
    }

    private static async Task Introspect(HttpContext context, Ehr ehr)
    {
        if (await Asked(context, ehr) is not { } token) return;
        if (ehr.Grants.Access(token) is { } access)
            await OAuthReply.Ok(context, Describe(ehr, access.ClientId, access.Scope, access.Expires, access.Context));
        else if (ehr.Grants.Refresh(token) is { } refresh)
            await OAuthReply.Ok(context, Describe(ehr, refresh.ClientId, refresh.Scope, refresh.Expires, refresh.Context));
        else
            await OAuthReply.Ok(context, new JsonObject { ["active"] = false });
    }

    private static async Task Revoke(HttpContext context, Ehr ehr)
    {
        if (await Asked(context, ehr) is not { } token) return;
        if (ehr.Grants.Refresh(token) is { } refresh) ehr.Grants.Revoke(refresh.Grant);
        else ehr.Grants.RevokeAccess(token);
        // RFC 7009 2.2: an unknown token is as gone as a revoked one.
        context.Response.StatusCode = 200;
    }

    private static async Task<string?> Asked(HttpContext context, Ehr ehr)
    {
        if (!context.Request.HasFormContentType)
        {
            await OAuthReply.Error(context, 400, "invalid_request", "The body must be a form");
            return null;
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var hasToken = FhirToken.Bearer(context) is { } bearer && ehr.Grants.Access(bearer) is not null;
        if (!hasToken && await ehr.Clients.Authenticate(context, form) is { Client: null } refused)
        {
            await OAuthReply.UnknownClient(context, refused.Problem!);
            return null;
        }
        return form["token"].ToString();
    }

    private static JsonObject Describe(Ehr ehr, string clientId, string scope, DateTimeOffset expires, LaunchContext? context)
    {
        var answer = context is null ? [] : LaunchAnswer.Of(ehr, context);
        answer["active"] = true;
        answer["client_id"] = clientId;
        answer["scope"] = scope;
        answer["exp"] = expires.ToUnixTimeSeconds();
        if (context is null) return answer;
        answer["iss"] = ehr.Issuer;
        answer["sub"] = "u-" + context.User.Replace('/', '-').ToLowerInvariant();
        answer["fhirUser"] = $"{ehr.FhirBase}/{context.User}";
        return answer;
    }
}
