// https://hl7.org/fhir/smart-app-launch/conformance.html
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class Discovery
{
    private static readonly string[] Capabilities =
    [
        "launch-ehr", "launch-standalone", "authorize-post", "client-confidential-symmetric", "client-confidential-asymmetric",
        "sso-openid-connect", "context-banner", "context-style", "context-ehr-patient", "context-ehr-encounter",
        "context-standalone-patient", "context-standalone-encounter", "permission-offline", "permission-online",
        "permission-patient", "permission-user", "permission-v1", "permission-v2",
    ];

    private static readonly string[] Scopes =
    [
        "openid", "fhirUser", "launch", "launch/patient", "launch/encounter", "online_access", "offline_access",
        "patient/*.rs", "patient/*.cruds", "patient/*.read", "user/*.rs", "user/*.cruds", "user/*.read", "user/*.write", "system/*.cruds",
    ];

    public static void MapDiscovery(this WebApplication app, Ehr ehr)
    {
        app.MapGet("/oauth/.well-known/openid-configuration", context => Public(context, OpenIdConfiguration(ehr)));
        app.MapGet("/.well-known/openid-configuration/oauth", context => Public(context, OpenIdConfiguration(ehr)));
        app.MapGet("/oauth/jwks", context => Public(context, new JsonObject { ["keys"] = ehr.SigningKey.PublicSet(ehr.Faults.Now.RotatedKey) }));
        app.MapGet("/smart-style.json", context => Public(context, Style(ehr.Faults.Now)));
    }

    public static JsonObject SmartConfiguration(Ehr ehr)
    {
        var configuration = Endpoints(ehr);
        configuration["grant_types_supported"] = Words("authorization_code", "client_credentials", "refresh_token");
        configuration["scopes_supported"] = Words(Scopes);
        configuration["response_types_supported"] = Words("code");
        var faults = ehr.Faults.Now;
        if (!faults.NoChallengeMethods) configuration["code_challenge_methods_supported"] = Words(faults.PlainChallengeOnly ? "plain" : "S256");
        configuration["token_endpoint_auth_methods_supported"] =
            faults.SecretPostOnly ? Words("client_secret_post") : Words("private_key_jwt", "client_secret_basic", "client_secret_post");
        configuration["token_endpoint_auth_signing_alg_values_supported"] = faults.Rs384Only ? Words("RS384") : Words("RS384", "ES384");
        configuration["capabilities"] = Words([.. Capabilities.Where(c => !(faults.V1Only && c == "permission-v2"))]);
        if (faults.NoRevocation) configuration.Remove("revocation_endpoint");
        if (faults.RelativeAddresses)
        {
            foreach (var name in configuration.Where(p => p.Key.EndsWith("_endpoint", StringComparison.Ordinal)).Select(p => p.Key).ToList())
                configuration[name] = new Uri(configuration[name]!.GetValue<string>()).AbsolutePath;
        }
        return configuration;
    }

    private static JsonObject OpenIdConfiguration(Ehr ehr)
    {
        var configuration = Endpoints(ehr);
        configuration["response_types_supported"] = Words("code");
        configuration["subject_types_supported"] = Words("public");
        configuration["id_token_signing_alg_values_supported"] = Words("RS256");
        configuration["claims_supported"] = Words("iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser");
        return configuration;
    }

    private static JsonObject Endpoints(Ehr ehr) => new()
    {
        ["issuer"] = ehr.Issuer,
        ["jwks_uri"] = ehr.Issuer + "/jwks",
        ["authorization_endpoint"] = ehr.Issuer + "/authorize",
        ["token_endpoint"] = ehr.TokenUrl,
        ["introspection_endpoint"] = ehr.Issuer + "/introspect",
        ["revocation_endpoint"] = ehr.Issuer + "/revoke",
    };

    // https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#styling
    private static JsonObject Style(FaultSwitches faults) => faults.HostileStyle ? Hostile() : new()
    {
        // A pale style is legible to nobody.
        ["color_text"] = faults.PaleStyle ? "#e8e8e8" : "#1c2030",
        ["color_background"] = "#f5f6fa",
        ["color_error"] = "#b3261e",
        ["color_highlight"] = "#4650b8",
        ["color_modal_backdrop"] = "",
        ["color_success"] = "#1d7a46",
        ["dim_border_radius"] = "6px",
        ["dim_font_size"] = "14px",
        ["dim_spacing_size"] = "16px",
        ["font_family_body"] = "system-ui, sans-serif",
        ["font_family_heading"] = "system-ui, sans-serif",
    };

    private static JsonObject Hostile() => new()
    {
        ["color_background"] = "red;} body{display:none",
        ["color_highlight"] = "url(https://evil.example/x)",
        ["color_text"] = "</style><script>alert(1)</script>",
        ["dim_font_size"] = "1px",
        ["dim_border_radius"] = "expression(alert(1))",
        ["font_family_body"] = "x'; } * { color: transparent } a {",
        ["evil"] = "yes",
        ["color_error"] = 7,
    };

    private static Task Public(HttpContext context, JsonObject body)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(Json.Compact), context.RequestAborted);
    }

    private static JsonArray Words(params string[] words) => new([.. words.Select(w => (JsonNode)w)]);
}
