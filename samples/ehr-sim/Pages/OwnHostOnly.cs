namespace EhrSim;

/// <summary>The pages need no sign-in because only this machine reaches them; this keeps other websites from reaching in.</summary>
internal static class OwnHostOnly
{
    public static void UseOwnHostOnly(this WebApplication app, Ehr ehr) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        // A foreign name that resolves to loopback (DNS rebinding) would make a website same-origin with us.
        if (request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
        {
            await Refuse(context, 421, "This EHR answers to localhost only");
            return;
        }
        var isForApps = request.Path.StartsWithSegments("/fhir") || request.Path.StartsWithSegments("/oauth");
        if (!isForApps && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && IsFromElsewhere(request))
        {
            await Refuse(context, 403, "Another site may not act in this EHR");
            return;
        }
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        if (!request.Path.StartsWithSegments("/fhir"))
        {
            headers.CacheControl = "no-store";
            headers.ContentSecurityPolicy = "default-src 'self'; base-uri 'none'; frame-ancestors 'self'; "
                + $"frame-src 'self' {ehr.HealthTeamsOrigin}; form-action 'self' {ehr.HealthTeamsOrigin}";
        }
        await next(context);
    });

    private static bool IsFromElsewhere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site) return site is not ("same-origin" or "none");
        return request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{request.Scheme}://{request.Host}";
    }

    private static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(why, context.RequestAborted);
    }
}
