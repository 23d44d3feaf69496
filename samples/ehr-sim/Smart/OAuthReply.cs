using System.Text.Json.Nodes;

namespace EhrSim;

internal static class OAuthReply
{
    public static Task Ok(HttpContext context, JsonObject body) => Write(context, 200, body);

    public static Task Error(HttpContext context, int status, string error, string why) =>
        Write(context, status, new JsonObject { ["error"] = error, ["error_description"] = why });

    public static Task UnknownClient(HttpContext context, string why)
    {
        if (context.Request.Headers.Authorization.Count > 0) context.Response.Headers.WWWAuthenticate = "Basic realm=\"ehr-sim\"";
        return Error(context, 401, "invalid_client", why);
    }

    private static Task Write(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Pragma = "no-cache";
        return context.Response.WriteAsync(body.ToJsonString(Json.Compact), context.RequestAborted);
    }
}
