// https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace EhrSim;

internal static class Authorize
{
    private static readonly string[] Once =
        ["client_id", "redirect_uri", "response_type", "scope", "state", "aud", "launch", "code_challenge", "code_challenge_method", "nonce"];

    public static void MapAuthorize(this WebApplication app, Ehr ehr) =>
        app.MapMethods("/oauth/authorize", ["GET", "POST"], async (HttpContext context) =>
        {
            if (ehr.Faults.Now.PostOnlyAuthorize && !HttpMethods.IsPost(context.Request.Method))
                return ProblemPage.Show(ehr, 405, "POST only", "This EHR takes authorization requests by POST only (fault switch postOnlyAuthorize).");
            RequestLog.Note(context, context.Request.Method);
            var asked = context.Request.HasFormContentType
                ? (await context.Request.ReadFormAsync(context.RequestAborted)).ToDictionary()
                : context.Request.Query.ToDictionary();
            return Decide(ehr, asked, context);
        });

    private static IResult Decide(Ehr ehr, Dictionary<string, StringValues> asked, HttpContext context)
    {
        string? Word(string name) => asked.GetValueOrDefault(name).ToString() is { Length: > 0 } value ? value : null;
        RequestLog.Name(context, Word("client_id") ?? "");
        // Before the redirect URI is known to be the app's own, an error goes to the person and nowhere else.
        if (ehr.Clients.Find(Word("client_id")) is not { IsBackend: false } client)
            return ProblemPage.Show(ehr, 400, "Unknown app", $"No app with the client id \"{Word("client_id")}\" is registered at this EHR.");
        if (Word("redirect_uri") != ehr.Clients.RedirectUri)
            return ProblemPage.Show(ehr, 400, "Unknown redirect URI", $"The app is registered with {ehr.Clients.RedirectUri}; it asked for {Word("redirect_uri")}.");

        IResult Back(string error, string why) => Results.Redirect(QueryHelpers.AddQueryString(ehr.Clients.RedirectUri, new Dictionary<string, string?>
        {
            ["error"] = error,
            ["error_description"] = why,
            ["state"] = Word("state"),
        }.Where(p => p.Value is not null)));

        if (Array.Find(Once, name => asked.GetValueOrDefault(name).Count > 1) is { } repeated) return Back("invalid_request", $"{repeated} is given twice");
        if (Word("response_type") != "code") return Back("unsupported_response_type", "response_type must be code");
        if (Word("state") is null) return Back("invalid_request", "state is required");
        if (Word("aud") != ehr.FhirBase) return Back("invalid_request", $"aud must be {ehr.FhirBase}");
        if (Word("code_challenge_method") != "S256" || Word("code_challenge") is not { Length: 43 } challenge)
            return Back("invalid_request", "PKCE with S256 is required");
        var scope = SmartScopes.Grant(Word("scope") ?? "", backend: false);
        if (scope.Length == 0) return Back("invalid_scope", "None of the scopes can be granted");
        if (ehr.Faults.Now.FewerScopes) scope = string.Join(' ', scope.Split(' ').Where(s => s is "openid" or "fhirUser" or "launch" || s.Contains("Appointment", StringComparison.Ordinal)));
        if (ehr.Faults.Now.AuthorizeError is { } error) return Back(error, "<img src=x onerror=alert(1)>The EHR's own words (fault switch authorizeError)");
        if (ehr.Faults.Now.DenyAccess) return Back("access_denied", "The user said no (fault switch denyAccess)");

        LaunchContext? launched;
        if (Word("launch") is { } handle)
        {
            if (!new SmartScopes(scope).Has("launch")) return Back("invalid_scope", "An EHR launch needs the scope launch");
            launched = ehr.Grants.TakeLaunch(handle);
            if (launched is null) return Back("invalid_request", "The launch is unknown, used or older than five minutes");
        }
        else
        {
            launched = StandalonePage.Chosen(ehr, scope, Word("ehrsim_user"), Word("ehrsim_patient"));
            if (launched is null) return StandalonePage.Show(ehr, asked.Where(p => Once.Contains(p.Key)));
        }
        var code = ehr.Grants.Code(client.Id, ehr.Clients.RedirectUri, scope, challenge, Word("nonce"), launched);
        return Results.Redirect(QueryHelpers.AddQueryString(ehr.Clients.RedirectUri, new Dictionary<string, string?> { ["code"] = code, ["state"] = Word("state") }));
    }
}
