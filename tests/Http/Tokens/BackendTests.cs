using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S12 and S13: a client that proves itself by its key, and what it then gets.</summary>
[Collection("tokens")]
public sealed class BackendTests(ProductWithApps product) : IAsyncLifetime
{
    private static int count;
    private readonly ClientKey rsa = new("rsa-1", "RS384"), ec = new("ec-1", "ES384");
    private readonly string id = $"backend-{Interlocked.Increment(ref count)}";

    private Uri Token => new(product.Url, "/auth/token");

    public Task InitializeAsync() => product.Register(new ClientToAdd(id, "private_key_jwt", "demo", Backend: true) { Jwks = ClientKey.Set(rsa, ec), Scope = "system/Patient.rs system/Encounter.rs" });

    public Task DisposeAsync() => Task.CompletedTask;

    private Task<HttpResponseMessage> Ask(string assertion, string? scope = "system/Patient.rs", params (string Name, string? Value)[] change)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", ["client_assertion"] = assertion,
        };
        if (scope is not null) form["scope"] = scope;
        foreach (var (name, value) in change)
        {
            if (value is null) form.Remove(name);
            else form[name] = value;
        }
        return product.Stranger().PostAsync(Token, new FormUrlEncodedContent(form));
    }

    private Dictionary<string, object?> Claims(params (string Name, object? Value)[] change)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = id, ["sub"] = id, ["aud"] = Token.AbsoluteUri, ["exp"] = product.Clock.GetUtcNow().AddMinutes(4).ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString(),
        };
        foreach (var (name, value) in change)
        {
            if (value is null) claims.Remove(name);
            else claims[name] = value;
        }
        return claims;
    }

    [Fact, Trait("Row", "SMART-S13")] // smart_backend_services_auth_request_success, _auth_response_body
    public async Task A_backend_service_gets_five_minutes_and_no_refresh_token()
    {
        foreach (var key in new[] { rsa, ec })
        {
            var answer = await Ask(key.Sign(Claims()), "system/Patient.rs system/Encounter.rs system/Observation.rs user/Patient.rs openid");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            var body = await answer.Body();
            Assert.Equal("bearer", body.Text("token_type"), ignoreCase: true);
            Assert.InRange(body.GetProperty("expires_in").GetInt32(), 1, 300);
            Assert.Equal(["system/Encounter.rs", "system/Patient.rs"], body.Scopes().Order());
            Assert.Null(body.Text("refresh_token"));
            Assert.Null(body.Text("id_token"));
            var app = product.Smart();
            Assert.Equal(HttpStatusCode.OK, await app.Read(body.Access(), $"Patient/{product.Visit.Patient}"));
            Assert.Equal(HttpStatusCode.Forbidden, await app.Read(body.Access(), "Observation"));
        }
    }

    [Fact, Trait("Row", "SMART-S13")]
    public async Task A_backend_token_is_over_after_five_minutes_and_of_one_hospital()
    {
        var body = await (await Ask(rsa.Sign(Claims()))).Body();
        var app = product.Smart();
        await product.Book("T-B", tenant: "north", mrn: "MRN-B");
        Assert.Equal(0, (await (await app.With(body.Access()).GetAsync("/fhir/Patient?identifier=MRN-B&_total=accurate")).Body()).GetProperty("total").GetInt32());
        product.Clock.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(body.Access(), $"Patient/{product.Visit.Patient}"));
    }

    [Theory, Trait("Row", "SMART-S13")] // smart_backend_services_invalid_grant_type, _invalid_client_assertion, _invalid_jwt
    [InlineData("grant_type", "not_a_grant_type")]
    [InlineData("client_assertion_type", "not_an_assertion_type")]
    [InlineData("client_assertion", "not.a.jwt")]
    [InlineData("client_assertion", "")]
    [InlineData("client_assertion", null)]
    [InlineData("grant_type", "authorization_code")]
    public async Task A_request_that_is_not_by_the_book_is_refused(string name, string? value) =>
        await (await Ask(rsa.Sign(Claims()), change: (name, value))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);

    [Fact, Trait("Row", "SMART-S13")]
    public async Task Only_registered_system_scopes_are_given()
    {
        Assert.Equal("invalid_scope", await (await Ask(rsa.Sign(Claims()), "system/Observation.rs")).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("invalid_scope", await (await Ask(rsa.Sign(Claims()), "user/Patient.rs patient/Patient.rs openid")).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("invalid_scope", await (await Ask(rsa.Sign(Claims()), "system/Patient.sr")).Refused(HttpStatusCode.BadRequest));
        Assert.Equal(["system/Encounter.rs", "system/Patient.rs"], (await (await Ask(rsa.Sign(Claims()), null)).Body()).Scopes().Order());
    }

    public static TheoryData<string, string?> WrongClaims => new()
    {
        { "aud", "https://evil.example/auth/token" }, { "aud", null }, { "iss", "somebody" }, { "iss", null }, { "sub", "app" }, { "sub", null }, { "jti", null }, { "jti", "" }, { "exp", null },
        { "exp", "-60" }, { "exp", "400" }, { "exp", "86400" }, { "exp", "soon" }, { "nbf", "3000" },
    };

    [Theory, Trait("Row", "SMART-S12")]
    [MemberData(nameof(WrongClaims))]
    public async Task Every_claim_of_an_assertion_is_checked(string name, string? value)
    {
        object? said = name is "exp" or "nbf" && int.TryParse(value, out var seconds) ? product.Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds() : value;
        await (await Ask(rsa.Sign(Claims((name, said))))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
    }

    public static TheoryData<string, object?> WrongHeaders => new()
    {
        { "typ", "at+jwt" }, { "typ", null }, { "kid", "another" }, { "kid", null }, { "kid", "" }, { "kid", "../../etc/passwd" }, { "kid", "rsa-1' or '1'='1" }, { "kid", "ec-1" },
        { "jku", "https://evil.example/jwks.json" }, { "jku", "http://127.0.0.1:1/" }, { "jku", 7 },
    };

    [Theory, Trait("Row", "SMART-S12")]
    [MemberData(nameof(WrongHeaders))]
    public async Task Every_header_of_an_assertion_is_checked(string name, object? value) =>
        Assert.Equal("invalid_client", await (await Ask(rsa.Sign(Claims(), (name, value)))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));

    [Fact, Trait("Row", "SMART-S12")]
    public async Task Unsigned_assertions_and_those_signed_with_something_public_are_refused()
    {
        var forged = new List<string> { ClientKey.NotSigned(Claims(), "none"), ClientKey.NotSigned(Claims(), "None"), ClientKey.NotSigned(Claims(), "RS384") };
        foreach (var secret in new[] { ClientKey.Set(rsa, ec), rsa.PublicPem, "" }) forged.Add(ClientKey.Hmac(Claims(), secret, "rsa-1"));
        // A key that travels in the assertion proves nothing, nor does one of the same name.
        var stranger = new ClientKey("rsa-1", "RS384");
        forged.Add(stranger.Sign(Claims(), ("jwk", JsonDocument.Parse(stranger.Public).RootElement)));
        forged.Add(rsa.Sign(Claims(), ("alg", "RS256")));
        forged.Add(rsa.Sign(Claims()) + "x");
        foreach (var assertion in forged) Assert.Equal("invalid_client", await (await Ask(assertion)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));
    }

    [Fact, Trait("Row", "SMART-S12")]
    public async Task An_assertion_is_good_once_on_all_hosts()
    {
        var assertion = rsa.Sign(Claims());
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Ask(assertion)));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        // What was seen is in the database, where every host looks, and nowhere else.
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from auth.assertion_jti where client = '{id}'"));
        Assert.Equal("invalid_client", await (await Ask(assertion)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));
        // The same jti of another client is another's.
        var claims = Claims();
        Assert.Equal(HttpStatusCode.OK, (await Ask(ec.Sign(claims))).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S12")]
    public async Task Another_clients_id_beside_an_assertion_is_refused() =>
        await (await Ask(rsa.Sign(Claims()), change: ("client_id", "confidential"))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);

    [Fact, Trait("Row", "SMART-S11")]
    public async Task Keys_at_an_address_are_rotated_with_old_and_new_side_by_side()
    {
        var (old, next) = (new ClientKey("old", "RS384"), new ClientKey("next", "ES384"));
        await using var vendor = await KeyHost.Start(ClientKey.Set(old));
        var name = $"{id}-url";
        await product.Register(new ClientToAdd(name, "private_key_jwt", "demo", Backend: true) { JwksUrl = vendor.Address });
        Task<HttpResponseMessage> As(ClientKey key, params (string, object?)[] header) => Ask(key.Sign(Claims(("iss", name), ("sub", name)), header), "system/Patient.rs");
        Assert.Equal(HttpStatusCode.OK, (await As(old)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await As(old, ("jku", vendor.Address))).StatusCode);
        await (await As(old, ("jku", vendor.Address + "?x=1"))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        vendor.Document = ClientKey.Set(old, next);
        Assert.Equal(HttpStatusCode.OK, (await As(next)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await As(old)).StatusCode);
        // Made-up names do not make us ask the vendor each time.
        var asked = vendor.Asked;
        for (var i = 0; i < 5; i++) await (await As(new ClientKey($"made-up-{i}", "RS384"))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        Assert.InRange(vendor.Asked - asked, 0, 1);
        vendor.Document = ClientKey.Set(next);
        product.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        await (await As(old)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, (await As(next)).StatusCode);
    }

    [Theory, Trait("Row", "SMART-S12")]
    [InlineData("max-age=2")]
    [InlineData("no-store")]
    [InlineData("no-cache")]
    public async Task Keys_are_kept_no_longer_than_their_Cache_Control_says(string cacheControl)
    {
        var (old, next) = (new ClientKey("old", "RS384"), new ClientKey("next", "RS384"));
        await using var vendor = await KeyHost.Start(ClientKey.Set(old), cacheControl);
        var name = $"{id}-cache";
        await product.Register(new ClientToAdd(name, "private_key_jwt", "demo", Backend: true) { JwksUrl = vendor.Address });
        Task<HttpResponseMessage> As(ClientKey key) => Ask(key.Sign(Claims(("iss", name), ("sub", name))), "system/Patient.rs");
        Assert.Equal(HttpStatusCode.OK, (await As(old)).StatusCode);
        vendor.Document = ClientKey.Set(next);
        product.Clock.Advance(TimeSpan.FromSeconds(3));
        await (await As(old)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
    }
}

/// <summary>A key pair of a client, and assertions by hand: the tests say what is in them.</summary>
public sealed class ClientKey(string kid, string alg)
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    public string PublicPem => rsa.ExportSubjectPublicKeyInfoPem();

    public string Public
    {
        get
        {
            if (alg.StartsWith("RS", StringComparison.Ordinal))
            {
                var p = rsa.ExportParameters(false);
                return $$"""{"kty":"RSA","alg":"{{alg}}","kid":"{{kid}}","key_ops":["verify"],"n":"{{Base64UrlEncoder.Encode(p.Modulus)}}","e":"{{Base64UrlEncoder.Encode(p.Exponent)}}"}""";
            }
            var q = ec.ExportParameters(false).Q;
            return $$"""{"kty":"EC","alg":"{{alg}}","kid":"{{kid}}","key_ops":["verify"],"crv":"P-384","x":"{{Base64UrlEncoder.Encode(q.X)}}","y":"{{Base64UrlEncoder.Encode(q.Y)}}"}""";
        }
    }

    public static string Set(params ClientKey[] keys) => $$"""{"keys":[{{string.Join(',', keys.Select(k => k.Public))}}]}""";

    public string Sign(Dictionary<string, object?> claims, params (string Name, object? Value)[] change)
    {
        var header = new Dictionary<string, object?> { ["alg"] = alg, ["typ"] = "JWT", ["kid"] = kid };
        foreach (var (name, value) in change)
        {
            if (value is null) header.Remove(name);
            else header[name] = value;
        }
        var body = $"{Part(header)}.{Part(claims)}";
        var bytes = System.Text.Encoding.ASCII.GetBytes(body);
        var signature = alg.StartsWith("RS", StringComparison.Ordinal)
            ? rsa.SignData(bytes, (string)header["alg"]! == "RS256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1) : ec.SignData(bytes, HashAlgorithmName.SHA384);
        return $"{body}.{Base64UrlEncoder.Encode(signature)}";
    }

    public static string NotSigned(Dictionary<string, object?> claims, string alg) => $"{Part(new() { ["alg"] = alg, ["typ"] = "JWT", ["kid"] = "rsa-1" })}.{Part(claims)}.";

    public static string Hmac(Dictionary<string, object?> claims, string secret, string kid)
    {
        var body = $"{Part(new() { ["alg"] = "HS384", ["typ"] = "JWT", ["kid"] = kid })}.{Part(claims)}";
        return $"{body}.{Base64UrlEncoder.Encode(HMACSHA384.HashData(System.Text.Encoding.UTF8.GetBytes(secret), System.Text.Encoding.ASCII.GetBytes(body)))}";
    }

    private static string Part(Dictionary<string, object?> content) => Base64UrlEncoder.Encode(JsonSerializer.Serialize(content));
}

/// <summary>A vendor's web server with its key set.</summary>
public sealed class KeyHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private int asked;

    private KeyHost(WebApplication app, int port) => (this.app, Address) = (app, $"http://127.0.0.1:{port}/jwks.json");

    public string Document { get; set; } = "";
    public string Address { get; }
    public int Asked => asked;

    public static async Task<KeyHost> Start(string document, string? cacheControl = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        var host = new KeyHost(app, port) { Document = document };
        app.MapGet("/{**any}", (HttpContext http) =>
        {
            Interlocked.Increment(ref host.asked);
            if (cacheControl is not null) http.Response.Headers.CacheControl = cacheControl;
            return Results.Text(host.Document, "application/json");
        });
        await app.StartAsync();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
