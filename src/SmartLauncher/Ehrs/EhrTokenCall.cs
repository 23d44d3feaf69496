using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>Who we are at an authorization server.</summary>
/// <param name="Auth">"public", "secret" or "private_key_jwt".</param>
public sealed record ClientLogin(string ClientId, string Auth, string? Secret);

/// <summary>Calls an EHR's token endpoint from the server, authenticated as registered (SMART-A10 to A12).</summary>
public sealed class EhrTokenCall(OutboundHttp http, KeyRing keys, EhrRegistry ehrs, LauncherSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan AssertionLifetime = TimeSpan.FromMinutes(4);

    public Task<Outcome<JsonElement>> AsApp(Ehr ehr, EhrEndpoints at, Dictionary<string, string> form, CancellationToken stop) =>
        As(new ClientLogin(ehr.ClientId, ehr.Auth, ehrs.Secret(ehr)), at, form, stop);

    public Task<Outcome<JsonElement>> As(ClientLogin us, EhrEndpoints at, Dictionary<string, string> form, CancellationToken stop) => As(us, at, at.Token, form, stop);

    /// <summary>SMART backend services: always with our key.</summary>
    public Task<Outcome<JsonElement>> AsBackend(string clientId, EhrEndpoints at, Dictionary<string, string> form, CancellationToken stop) =>
        Send(at, at.Token, Assert(form, at, clientId), null, stop);

    /// <summary>RFC 7009: ends a token, where the EHR has an address for that (SMART-A30).</summary>
    public async Task<Problem?> Revoke(Ehr ehr, EhrEndpoints at, string token, string kind, CancellationToken stop) => at.Revocation is not { } to ? null
        : (await As(new ClientLogin(ehr.ClientId, ehr.Auth, ehrs.Secret(ehr)), at, to, new() { ["token"] = token, ["token_type_hint"] = kind }, stop)).Problem;

    private Task<Outcome<JsonElement>> As(ClientLogin us, EhrEndpoints at, Uri to, Dictionary<string, string> form, CancellationToken stop) => us.Auth switch
    {
        "private_key_jwt" => Send(at, to, Assert(form, at, us.ClientId), null, stop),
        "secret" when at.AuthMethods.Count > 0 && !at.AuthMethods.Contains("client_secret_basic") && at.AuthMethods.Contains("client_secret_post") =>
            Send(at, to, new(form) { ["client_id"] = us.ClientId, ["client_secret"] = us.Secret! }, null, stop),
        "secret" => Basic(us, at, to, form, stop),
        _ => Send(at, to, new(form) { ["client_id"] = us.ClientId }, null, stop),
    };

    /// <summary>RFC 6749 2.3.1 has id and secret form-encoded first; some EHRs do not decode, they get them raw on a second try.</summary>
    private async Task<Outcome<JsonElement>> Basic(ClientLogin us, EhrEndpoints at, Uri to, Dictionary<string, string> form, CancellationToken stop)
    {
        var raw = $"{us.ClientId}:{us.Secret}";
        var encoded = $"{WebUtility.UrlEncode(us.ClientId)}:{WebUtility.UrlEncode(us.Secret)}";
        var answer = await Send(at, to, form, encoded, stop);
        return !answer.Ok && encoded != raw && answer.Problem.Where == "invalid_client" ? await Send(at, to, form, raw, stop) : answer;
    }

    private async Task<Outcome<JsonElement>> Send(EhrEndpoints at, Uri to, Dictionary<string, string> form, string? basic, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.ParseAdd("application/json");
        if (at.Named is { } named) request.Options.Set(OutboundHttp.Named, named);
        if (basic is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic)));
        var sent = await http.Send(request, stop);
        if (!sent.Ok) return sent.Problem;
        using var response = sent.Value;
        // A revocation is answered by its status alone.
        if (response.IsSuccessStatusCode && to != at.Token) return default(JsonElement);
        JsonElement body;
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(stop);
            if (!JsonText.Readable(bytes)) throw new JsonException();
            using var document = JsonDocument.Parse(bytes);
            body = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return new Problem(502, Code(response), $"The token endpoint answered {(int)response.StatusCode} without JSON.", Unsaid(response));
        }
        if (response.IsSuccessStatusCode && DiscoveryRules.Text(body, "access_token") is not null) return body;
        // The error's code is the EHR's, kept for the log and for the retry; its description is not shown.
        var error = DiscoveryRules.Text(body, "error") is { Length: <= 60 } said && said.All(c => c is >= ' ' and <= '~') ? said : Unsaid(response);
        return new Problem(502, Code(response), $"The token endpoint answered {(int)response.StatusCode} {error}.", error);
    }

    private static string Code(HttpResponseMessage response) => (int)response.StatusCode >= 500 ? "host-unreachable" : "token-refused";

    /// <summary>RFC 6749 5.2: what a bare 401 means.</summary>
    private static string? Unsaid(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.Unauthorized ? "invalid_client" : null;

    private Dictionary<string, string> Assert(Dictionary<string, string> form, EhrEndpoints at, string clientId)
    {
        var now = clock.GetUtcNow();
        var credentials = at.SigningAlgorithms.Contains("ES384") ? keys.ClientEs384 : keys.ClientRs384;
        var assertion = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "JWT",
            Issuer = clientId,
            Audience = at.Token.OriginalString,
            IssuedAt = now.UtcDateTime,
            Expires = (now + AssertionLifetime).UtcDateTime,
            SigningCredentials = credentials,
            AdditionalHeaderClaims = new Dictionary<string, object> { ["jku"] = settings.At("/.well-known/jwks.json") },
            Claims = new Dictionary<string, object> { ["sub"] = clientId, ["jti"] = Secrets.Random(16) },
        });
        return new(form)
        {
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = assertion,
        };
    }
}
