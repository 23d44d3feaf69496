// https://openid.net/specs/openid-connect-core-1_0.html
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

/// <summary>
/// The hospital's identity provider, where its staff have accounts: OpenID Connect, beside the EHR's own authorization
/// server and with nothing of SMART. It remembers who signed in at this browser, as such providers do.
/// </summary>
internal sealed class HospitalAccounts(Ehr ehr)
{
    public const string ClientId = "healthteams-staff";
    private const string Remembered = "hospital-account";
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, Code> codes = new();

    private sealed record Code(string Practitioner, string Challenge, string? Nonce, DateTimeOffset SignedIn, DateTimeOffset Expires);

    private string Issuer => ehr.BaseUrl + "/accounts";
    private string TokenUrl => Issuer + "/token";
    private string RedirectUri => ehr.HealthTeamsUrl + "/auth/provider/callback";

    public void Map(WebApplication app)
    {
        app.MapGet("/accounts/.well-known/openid-configuration", () => Results.Text(Configuration().ToJsonString(Json.Compact), "application/json"));
        app.MapGet("/accounts/authorize", Ask);
        app.MapPost("/accounts/sign-in", (Delegate)SignIn);
        app.MapPost("/accounts/token", Exchange);
    }

    private JsonObject Configuration() => new()
    {
        ["issuer"] = Issuer,
        ["authorization_endpoint"] = Issuer + "/authorize",
        ["token_endpoint"] = TokenUrl,
        ["jwks_uri"] = ehr.Issuer + "/jwks",
        ["response_types_supported"] = new JsonArray("code"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
        ["code_challenge_methods_supported"] = new JsonArray("S256"),
        ["token_endpoint_auth_methods_supported"] = new JsonArray("private_key_jwt"),
        ["token_endpoint_auth_signing_alg_values_supported"] = new JsonArray("RS384", "ES384"),
        ["claims_supported"] = new JsonArray("sub", "name", "preferred_username", "auth_time"),
    };

    private IResult Ask(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["client_id"] != ClientId || query["redirect_uri"] != RedirectUri)
            return ProblemPage.Show(ehr, 400, "Unknown app", $"{ClientId} is registered with {RedirectUri} and nothing else.");
        if (ehr.Faults.Now.DenyAccess) return Back(new() { ["error"] = "access_denied", ["state"] = query["state"] });
        if (query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["code_challenge"].ToString().Length != 43 || !query["scope"].ToString().Split(' ').Contains("openid"))
            return Back(new() { ["error"] = "invalid_request", ["state"] = query["state"] });
        if (query["prompt"] != "login" && context.Request.Cookies[Remembered] is { } known && ehr.Records.Find(known) is not null)
            return Give(known, query["state"].ToString(), query["code_challenge"].ToString(), query["nonce"]);
        return Layout.Page("Sign in", Html.Of($"""
            <form class="card narrow book" method="post" action="/accounts/sign-in">
              <h1>Example General Hospital account</h1>
              {Html.All(["state", "code_challenge", "nonce"], name => Html.Of($"<input type=\"hidden\" name=\"{name}\" value=\"{query[name]}\">"))}
              <label>Sign in as <select name="account">
                {Html.All(ehr.Records.All("Practitioner"), v => Html.Of($"<option value=\"{v.Reference}\">{PersonName.Of(v.Resource)}</option>"))}
              </select></label>
              <p class="quiet">The simulator plays the hospital's identity provider; it asks for no password.</p>
              <button class="main">Sign in</button>
            </form>
            """));
    }

    private async Task<IResult> SignIn(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var account = form["account"].ToString();
        if (!account.StartsWith("Practitioner/", StringComparison.Ordinal) || ehr.Records.Find(account) is null)
            return ProblemPage.Show(ehr, 400, "Unknown account", "Nobody of that name has an account.");
        context.Response.Cookies.Append(Remembered, account, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/accounts" });
        return Give(account, form["state"].ToString(), form["code_challenge"].ToString(), form["nonce"]);
    }

    private IResult Give(string practitioner, string state, string challenge, string? nonce)
    {
        var code = Secrets.New();
        codes[Secrets.Hash(code)] = new Code(practitioner, challenge, nonce, ehr.Now, ehr.Now + CodeLife);
        return Back(new() { ["code"] = code, ["state"] = state, ["iss"] = Issuer });
    }

    private async Task Exchange(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var proof = await ehr.Clients.Assertion(form, TokenUrl, id => id == ClientId ? new RegisteredClient(ClientId, null, false) : null, context.RequestAborted);
        if (proof.Client is null)
        {
            await OAuthReply.UnknownClient(context, proof.Problem!);
            return;
        }
        var verifier = form["code_verifier"].ToString();
        if (form["grant_type"] != "authorization_code" || form["redirect_uri"] != RedirectUri || !codes.TryRemove(Secrets.Hash(form["code"].ToString()), out var code)
            || code.Expires <= ehr.Now || verifier.Length is < 43 or > 128 || !Secrets.Same(Secrets.Hash(verifier), code.Challenge))
        {
            await OAuthReply.Error(context, 400, "invalid_grant", "The code is unknown, used or expired, or its proof is wrong");
            return;
        }
        var answer = new JsonObject { ["access_token"] = Secrets.New(), ["token_type"] = "Bearer", ["expires_in"] = 300, ["scope"] = "openid profile" };
        if (!ehr.Faults.Now.NoIdToken) answer["id_token"] = IdToken(code);
        await OAuthReply.Ok(context, answer);
    }

    private string IdToken(Code code)
    {
        var (person, faults) = (ehr.Records.Find(code.Practitioner)!, ehr.Faults.Now);
        var issued = faults.ExpiredIdToken ? ehr.Now.AddHours(-2) : ehr.Now;
        var claims = new Dictionary<string, object>
        {
            ["iss"] = faults.WrongIssuer ? "https://another-hospital.example/accounts" : Issuer,
            // Opaque and stable; not the EHR's word for the same person.
            ["sub"] = Secrets.Hash("account " + code.Practitioner)[..22],
            ["aud"] = ClientId,
            ["iat"] = issued.ToUnixTimeSeconds(),
            ["exp"] = issued.AddMinutes(5).ToUnixTimeSeconds(),
            ["auth_time"] = code.SignedIn.ToUnixTimeSeconds(),
            ["name"] = PersonName.Of(person),
        };
        if (code.Nonce is not null) claims["nonce"] = faults.WrongNonce ? Secrets.New() : code.Nonce;
        if ((person["identifier"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(i => i["system"]?.GetValue<string>().EndsWith("/id/staff", StringComparison.Ordinal) == true) is { } user)
            claims["preferred_username"] = user["value"]!.GetValue<string>();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims, SigningCredentials = faults.BadIdTokenSignature ? ehr.SigningKey.WrongCredentials : ehr.SigningKey.Credentials(faults.RotatedKey, named: !faults.NoKid),
        });
    }

    private IResult Back(Dictionary<string, string?> answer) => Results.Redirect(QueryHelpers.AddQueryString(RedirectUri, answer.Where(p => !string.IsNullOrEmpty(p.Value))));
}
