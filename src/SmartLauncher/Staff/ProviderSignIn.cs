using System.Security.Cryptography;
using System.Text;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Keys;
using HealthTeams.SmartLauncher.Launch;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>
/// Staff sign in with the hospital's own account: OpenID Connect Core, code flow with PKCE, state in a cookie of the browser
/// that began. An account nobody has joined yet is joined by the provider's word for the user name where the operator said
/// so, else by the person, once, with our own password.
/// </summary>
public sealed class ProviderSignIn(
    Db db, IdentityProviders providers, EhrDiscovery discovery, EhrTokenCall call, IdTokenCheck idTokens, StaffSignIn staff, StaffSessions sessions,
    TenantDirectory tenants, KeyRing keys, LauncherSettings settings, Lazy<ProviderSigning> signing)
{
    private const string TripCookie = "__Host-ht-trip-", JoinCookie = "__Host-ht-join", LeftCookie = "__Host-ht-left";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private readonly SealedCookies cookies = new(keys.Protection.CreateProtector("provider-sign-in"));
    /// <summary>A provider that is away is not asked at each press of the button.</summary>
    private static readonly TimeSpan AwayFor = TimeSpan.FromSeconds(5);
    private readonly BriefMemory<string, Outcome<EhrEndpoints>> known = new(db.Clock, TimeSpan.FromSeconds(30), 1000);

    private string Callback => settings.At("/auth/provider/callback");

    private sealed record Trip(Guid Provider, string State, string Nonce, string Verifier, string? ReturnUrl, bool Fresh, DateTimeOffset Began, SigningTrip? Signs = null);

    private sealed record Account(Guid Provider, string Subject, string? Name, string? ReturnUrl, DateTimeOffset Proven);

    /// <returns>Where the browser goes.</returns>
    public Task<Outcome<string>> Begin(Guid id, string? returnUrl, HttpContext http, CancellationToken stop) => Begin(id, returnUrl, null, http, stop);

    /// <param name="signs">Not to sign in but to sign: the provider is to ask again who this is, however well it remembers.</param>
    internal async Task<Outcome<string>> Begin(Guid id, string? returnUrl, SigningTrip? signs, HttpContext http, CancellationToken stop)
    {
        if (await providers.Find(id, stop) is not { } provider) return Problem.NotFound("This provider is not registered.", "provider-unknown");
        var at = await Discover(provider, stop);
        if (!at.Ok) return at.Problem;
        var trip = new Trip(id, Secrets.Random(6) + "." + Secrets.New(), Secrets.New(), Secrets.New(),
            RedirectHttpResult.IsLocalUrl(returnUrl) ? returnUrl : null, signs is not null || http.Request.Cookies.ContainsKey(LeftCookie), db.Clock.GetUtcNow(), signs);
        cookies.Keep(http, TripCookie + trip.State[..8], trip, trip.Began + Lifetime);
        return QueryHelpers.AddQueryString(at.Value.Authorize.AbsoluteUri, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = Callback,
            ["scope"] = "openid profile email",
            ["state"] = trip.State,
            ["nonce"] = trip.Nonce,
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(trip.Verifier))),
            ["code_challenge_method"] = "S256",
            ["prompt"] = trip.Fresh ? "login" : null,
            ["max_age"] = signs is null ? null : "0",
        }.Where(p => p.Value is not null));
    }

    /// <returns>Where the browser goes: in, or to the page that joins the account.</returns>
    public async Task<Outcome<string>> Answer(HttpContext http, CancellationToken stop)
    {
        var query = http.Request.Query;
        var state = query["state"].ToString();
        var cookie = state.Length is > 9 and < 200 && state[8] == '.' ? TripCookie + state[..8] : null;
        var trip = cookie is null ? null : cookies.Read<Trip>(http, cookie);
        if (trip is null || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(trip.State), Encoding.UTF8.GetBytes(state)) || trip.Began + Lifetime <= db.Clock.GetUtcNow())
        {
            return new Problem(400, "provider-state", "The answer belongs to no sign-in of this browser, or came after ten minutes.");
        }
        SealedCookies.Drop(http, cookie!);
        if (trip.Signs is not { } signs) return await Answer(http, trip, stop);
        // Back to what was to be signed, with the proof or with what went wrong.
        var proven = await Prove(http, trip, signs, stop);
        return proven is null ? $"/approvals/{signs.What.Approval}#sign" : $"/approvals/{signs.What.Approval}?failed={proven.Code}";
    }

    private async Task<Outcome<string>> Answer(HttpContext http, Trip trip, CancellationToken stop)
    {
        var token = await Token(http, trip, stop);
        if (!token.Ok) return token.Problem;
        var provider = token.Value.Provider;
        var account = new Account(provider.Id, token.Value.Token.Subject, IdTokenCheck.Text(token.Value.Token, "name"), trip.ReturnUrl, db.Clock.GetUtcNow());
        var person = await Joined(provider, account, provider.Username(Claimed(provider, token.Value.Token)), stop);
        if (!person.Ok) return person.Problem;
        if (person.Value is { } found) return await Enter(http, provider, found, trip.ReturnUrl, stop);
        cookies.Keep(http, JoinCookie, account, account.Proven + Lifetime);
        return "/auth/sign-in/join";
    }

    /// <summary>The account that was asked again must be the signer's own, joined before, and asked after the answer was chosen.</summary>
    private async Task<Problem?> Prove(HttpContext http, Trip trip, SigningTrip signs, CancellationToken stop)
    {
        var token = await Token(http, trip, stop);
        if (!token.Ok) return token.Problem;
        // max_age demands auth_time (OpenID Connect Core 2): without it nobody says when this person was asked.
        if (IdTokenCheck.Time(token.Value.Token, "auth_time") is not { } asked || asked < trip.Began - IdTokenRules.Skew) return new Problem(400, "signature-stale", "The provider did not ask again who this is.");
        var person = await db.In(token.Value.Provider.Tenant, Actor.Product, tx => tx.Scalar<Guid?>(
            "select person from auth.staff_identity where tenant = @Tenant and provider = @Id and sub = @Subject", new { tx.Tenant, token.Value.Provider.Id, token.Value.Token.Subject }), stop);
        if (token.Value.Provider.Tenant != signs.Tenant || person != signs.Person) return Problem.Forbidden("Another account than the signer's answered.", "signature-other");
        signing.Value.Keep(http, signs, db.Clock.GetUtcNow());
        return null;
    }

    private async Task<Outcome<(IdentityProvider Provider, JsonWebToken Token)>> Token(HttpContext http, Trip trip, CancellationToken stop)
    {
        var query = http.Request.Query;
        if (query["error"].Count > 0) return new Problem(403, "provider-refused", $"The provider answered {Short(query["error"].ToString())}.");
        if (await providers.Find(trip.Provider, stop) is not { } provider) return Problem.NotFound("This provider is not registered.", "provider-unknown");
        var at = await Discover(provider, stop);
        if (!at.Ok) return at.Problem;
        // RFC 9207: an answer that names its issuer must name this one.
        if (query["iss"].Count > 0 && query["iss"] != provider.Issuer) return new Problem(400, "provider-answer", "Another server than the provider answered.");
        var token = await Exchange(provider, at.Value, trip, query["code"].ToString(), stop);
        return token.Ok ? (provider, token.Value) : token.Problem;
    }

    /// <summary>An e-mail address that the provider did not verify is what its owner typed: it names nobody (OpenID Connect Core 5.7).</summary>
    private static string? Claimed(IdentityProvider provider, JsonWebToken token) =>
        provider.UsernameClaim is not { } claim || (claim == "email" && !Verified(token)) ? null : IdTokenCheck.Text(token, claim);

    private static bool Verified(JsonWebToken token) =>
        token.TryGetPayloadValue<bool>("email_verified", out var said) ? said : IdTokenCheck.Text(token, "email_verified") == "true";

    /// <summary>At signing out: the next one at this browser is asked who they are, however well the provider remembers the last.</summary>
    public static void AskAgain(HttpContext http) => http.Response.Cookies.Append(LeftCookie, "1", SealedCookies.Options(null));

    /// <summary>The account that waits in this browser to be joined: the provider's name, and the name the provider gives the person.</summary>
    public async Task<(string Provider, string? Name)?> Waiting(HttpContext http, CancellationToken stop) =>
        WaitingAccount(http) is { } account && await providers.Find(account.Provider, stop) is { } provider ? (provider.Name, account.Name) : null;

    /// <summary>Joins the waiting account to the person whose user name and password these are.</summary>
    /// <returns>Where the browser goes.</returns>
    public async Task<Outcome<string>> Join(string username, string password, HttpContext http, CancellationToken stop)
    {
        if (WaitingAccount(http) is not { } account || await providers.Find(account.Provider, stop) is not { } provider)
        {
            return new Problem(410, "provider-state", "The sign-in at the provider is too long ago.");
        }
        var hospital = (await tenants.Find(provider.Tenant, stop))!.Slug;
        var name = username.Contains('@', StringComparison.Ordinal) ? username : $"{username.Trim()}@{hospital}";
        var proven = await staff.Prove(name, password, http.Connection.RemoteIpAddress?.ToString() ?? "", stop);
        if (!proven.Ok) return proven.Problem;
        if (proven.Value.Tenant != provider.Tenant) return Problem.Unauthorized("This person works at another hospital.", "sign-in-refused");
        var joined = await db.In(provider.Tenant, new Actor(proven.Value.Person.ToString(), CallerKind.Staff), async tx =>
            await Insert(tx, account, proven.Value.Person), stop);
        if (!joined) return Taken;
        SealedCookies.Drop(http, JoinCookie);
        return await Enter(http, provider, proven.Value.Person, account.ReturnUrl, stop);
    }

    private async Task<Outcome<JsonWebToken>> Exchange(IdentityProvider provider, EhrEndpoints at, Trip trip, string code, CancellationToken stop)
    {
        if (code.Length is 0 or > 8000) return new Problem(400, "provider-answer", "The provider answered without a code.");
        var body = await call.As(providers.Login(provider), at, new()
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Callback, ["code_verifier"] = trip.Verifier,
        }, stop);
        if (!body.Ok) return body.Problem with { Code = body.Problem.Code == "token-refused" ? "provider-answer" : "provider-unreachable" };
        var token = await idTokens.Prove(TokenAnswer.LongText(body.Value, "id_token"), new IssuerKeys(provider.Issuer, at.Jwks!) { Named = at.Named }, provider.ClientId, trip.Nonce, stop);
        if (!token.Ok) return token.Problem with { Code = token.Problem.Code == LaunchProblem.EhrUnreachable ? "provider-unreachable" : "provider-answer" };
        return trip.Fresh && IdTokenCheck.Time(token.Value, "auth_time") < trip.Began - IdTokenRules.Skew
            ? new Problem(400, "provider-answer", "The provider did not ask again who this is, as prompt=login demands.") : token;
    }

    private async Task<Outcome<EhrEndpoints>> Discover(IdentityProvider provider, CancellationToken stop)
    {
        if (known.TryGet(provider.Issuer, out var at)) return at;
        var read = await Configuration(provider, stop);
        known.Keep(provider.Issuer, read, read.Ok ? null : db.Clock.GetUtcNow() + AwayFor);
        return read;
    }

    private async Task<Outcome<EhrEndpoints>> Configuration(IdentityProvider provider, CancellationToken stop)
    {
        var root = new Uri(provider.Issuer.TrimEnd('/') + "/");
        var document = await discovery.Json(new Uri(root, ".well-known/openid-configuration"), stop);
        if (!document.Ok) return document.Problem with { Code = "provider-unreachable" };
        // OpenID Connect Discovery 4.3: the document must speak for the issuer it was asked for.
        if (DiscoveryRules.Text(document.Value, "issuer") != provider.Issuer) return new Problem(502, "provider-answer", "The provider's configuration names another issuer.");
        var read = DiscoveryRules.FromSmart(root, document.Value);
        if (!read.Ok) return read.Problem with { Code = "provider-answer" };
        return read.Value.Jwks is null ? new Problem(502, "provider-answer", "The provider's configuration names no keys.")
            : read.Value with { Named = EhrDiscovery.Named(provider.Issuer, read.Value.Token, read.Value.Jwks) };
    }

    /// <returns>The person; null when nobody has joined the account.</returns>
    private async Task<Outcome<Guid?>> Joined(IdentityProvider provider, Account account, string? username, CancellationToken stop) =>
        await db.In<Outcome<Guid?>>(provider.Tenant, Actor.Product, async tx =>
        {
            var person = await tx.Scalar<Guid?>("""
                update auth.staff_identity set seen_at = @Now where tenant = @Tenant and provider = @Provider and sub = @Subject returning person
                """, new { tx.Tenant, tx.Now, account.Provider, account.Subject });
            if (person is not null || username is null) return person;
            person = await tx.Scalar<Guid?>("select person from auth.credential where tenant = @Tenant and username = @username", new { tx.Tenant, username });
            if (person is null) return person;
            return await Insert(tx, account, person.Value) ? person : Taken;
        }, stop);

    /// <returns>False when the person has another account there, or the account is another person's by now.</returns>
    private static async Task<bool> Insert(Tx tx, Account account, Guid person)
    {
        var made = await tx.Scalar<Guid?>("""
            insert into auth.staff_identity (tenant, provider, sub, person, linked_at, seen_at)
            values (@Tenant, @Provider, @Subject, @person, @Now, @Now)
            on conflict do nothing
            returning person
            """, new { tx.Tenant, account.Provider, account.Subject, person, tx.Now });
        if (made is not null) tx.Publish("staff.account-joined", $"person/{person}", null, new { provider = account.Provider });
        return made is not null;
    }

    private async Task<string> Enter(HttpContext http, IdentityProvider provider, Guid person, string? returnUrl, CancellationToken stop)
    {
        SealedCookies.Drop(http, LeftCookie);
        StaffSessions.HandOver(http, await sessions.Start(provider.Tenant, person, stop));
        return returnUrl ?? "/";
    }

    private Account? WaitingAccount(HttpContext http) =>
        cookies.Read<Account>(http, JoinCookie) is { } account && account.Proven + Lifetime > db.Clock.GetUtcNow() ? account : null;

    private static string Short(string text) => new([.. text.Take(60).Where(c => char.IsAsciiLetterOrDigit(c) || c == '_')]);

    private static readonly Problem Taken = Problem.Conflict("This person signs in with another account of the provider.", "provider-taken");
}
