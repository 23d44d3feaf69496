using System.Text.Json;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Launch;
using static HealthTeams.SmartLauncher.Ehrs.Checks.CheckStep;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>Whether the EHR knows our clients: a code that cannot exist tells, and the backend client's first token (SMART-A11, A12).</summary>
public sealed class ClientProbe(EhrTokenCall call, ProbeHttp http, LauncherSettings settings)
{
    /// <summary>A server looks at the client first: "invalid_client" is about us, "invalid_grant" about the code alone.</summary>
    internal async Task<IReadOnlyList<CheckStep>> App(Ehr ehr, EhrEndpoints at, CancellationToken stop)
    {
        var answer = await ProbeHttp.InTime(token => call.AsApp(ehr, at, new()
        {
            ["grant_type"] = "authorization_code", ["code"] = "healthteams-test-" + Secrets.Random(12), ["redirect_uri"] = settings.LaunchCallback, ["code_verifier"] = Secrets.New(),
        }, token), stop);
        return [Told(ehr, at, answer)];
    }

    private CheckStep Told(Ehr ehr, EhrEndpoints at, Outcome<JsonElement> answer)
    {
        if (answer.Ok) return Failed("client", Word("{0} gave a token for a code that was made up."), Word("Do not use this EHR before its vendor explains that."), at.Token.Authority);
        var where = at.Token.Authority;
        return (answer.Problem.Where, answer.Problem.Code) switch
        {
            ("invalid_grant", _) => ehr.Auth == "public"
                ? Ok("client", Word("{0} answers as it should. Whether it knows the public client {1} shows at the first launch."), where, ehr.ClientId)
                : Ok("client", Word("{0} knows the client {1} and how it authenticates."), where, ehr.ClientId),
            ("invalid_client", _) when ehr.Auth == "private_key_jwt" => Failed("client", Word("{0} does not accept the client {1} with our key."), Word("Compare the client id; give the vendor our key address {2} (it must be reachable from there), and wait until a new registration is active: it can take an hour or a day."), where, ehr.ClientId, settings.At("/.well-known/jwks.json")),
            ("invalid_client", _) when ehr.Auth == "secret" => Failed("client", Word("{0} does not accept the client {1} with its secret."), Word("Compare client id and secret; are both of the same environment, test or production?"), where, ehr.ClientId),
            ("invalid_client", _) => Failed("client", Word("{0} does not know the client {1}, or wants it to authenticate."), Word("Compare the client id; if the EHR gave you a secret, or took our key address, register that way."), where, ehr.ClientId),
            ("unauthorized_client", _) => Failed("client", Word("{0} knows {1} but does not let it exchange codes."), Word("Ask the vendor to allow the authorization code grant for this client."), where, ehr.ClientId),
            ("invalid_request" or "invalid_scope" or "unsupported_grant_type", _) => Note("client", Word("{0} answers '{1}' to a made-up code, which tells nothing about the client {2}."), Word("The first launch will show it."), where, answer.Problem.Where!, ehr.ClientId),
            (_, "host-unreachable" or "host-slow" or "host-not-registered") => Failed("client", Word("The token endpoint {0} is not reached: {1}"), Word("Open the way from here to that host; it may stand elsewhere than the FHIR address."), where, answer.Problem.Detail),
            _ => Note("client", Word("{0} answers unexpectedly: {1}"), Word("The first launch will show whether the client is known."), where, answer.Problem.Detail),
        };
    }

    internal async Task<IReadOnlyList<CheckStep>> Backend(Ehr ehr, EhrEndpoints at, Uri root, JsonElement? metadata, CancellationToken stop)
    {
        if (ehr.BackendClientId is not { } id)
        {
            return [Skipped("backend", Word("No backend client is registered.")), WriteRights.OfLaunches(ehr, metadata)];
        }
        var asked = LaunchScopes.Backend(at.V2);
        var answer = await ProbeHttp.InTime(token => call.AsBackend(id, at, new() { ["grant_type"] = "client_credentials", ["scope"] = asked }, token), stop);
        if (!answer.Ok)
        {
            var refused = answer.Problem.Where switch
            {
                "invalid_client" => Failed("backend", Word("{0} does not accept the backend client {1} with our key."), Word("Compare the client id; give the vendor our key address {2} for it too."), at.Token.Authority, id, settings.At("/.well-known/jwks.json")),
                "invalid_scope" => Failed("backend", Word("{0} refuses the scopes {1} to the backend client {2}."), Word("Ask the vendor to give the client these scopes."), at.Token.Authority, asked, id),
                "unauthorized_client" or "unsupported_grant_type" => Failed("backend", Word("{0} does not let {1} ask for tokens of its own (client_credentials)."), Word("Ask the vendor to register it as a backend service."), at.Token.Authority, id),
                _ => Failed("backend", Word("The backend client {0} gets no token: {1}"), Word("Show this sentence to the EHR's vendor."), id, answer.Problem.Detail),
            };
            return [refused, Skipped("write", Word("Not tested: the backend client has no token."))];
        }
        var scope = DiscoveryRules.Text(answer.Value, "scope") ?? asked;
        // Finds nobody: no patient's data is asked for.
        var search = await http.Json(new Uri(root, "Appointment?_id=0"), stop, DiscoveryRules.Text(answer.Value, "access_token"));
        var seen = search.Ok
            ? Ok("backend", Word("{0} gets tokens, and may search appointments. Granted: {1}"), id, scope)
            : search.Problem.Where is "400" or "404" or "422" ? Note("backend", Word("{0} gets tokens; the search of an appointment that cannot exist was answered {2} Granted: {1}"), null, id, scope, search.Problem.Detail)
            : Failed("backend", Word("{0} gets tokens, but a search of appointments fails: {1} Granted: {2}"), Word("Ask the vendor to let the client read and search Appointment and Encounter."), id, search.Problem.Detail, scope);
        return [seen, WriteRights.OfBackend(ehr, scope, metadata)];
    }
}
