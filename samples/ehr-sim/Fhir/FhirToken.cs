namespace EhrSim;

internal static class FhirToken
{
    public static FhirCaller? Caller(HttpContext context, Ehr ehr)
    {
        if (Bearer(context) is not { } token || ehr.Grants.Access(token) is not { } access) return null;
        RequestLog.Name(context, access.ClientId);
        if (ehr.Faults.TakeRejectedToken()) return null;
        return new FhirCaller(access.ClientId, new SmartScopes(access.Scope), access.Context?.User, access.Context?.Patient);
    }

    public static string? Bearer(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
    }

    public static FhirAnswer Unauthorized(HttpContext context)
    {
        // RFC 6750 3.1: no error code when the caller sent no token at all.
        var sent = Bearer(context) is not null;
        context.Response.Headers.WWWAuthenticate = sent
            ? "Bearer realm=\"ehr-sim\", error=\"invalid_token\", error_description=\"The token is unknown, expired or revoked\""
            : "Bearer realm=\"ehr-sim\"";
        return FhirAnswer.Problem(401, "login", sent ? "The token is unknown, expired or revoked" : "A bearer token is required");
    }
}
