using System.Net;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Row S7: who the user is.</summary>
[Collection("tokens")]
public sealed class IdTokenTests(ProductWithApps product)
{
    [Fact, Trait("Row", "SMART-S7")] // smart_openid_decode_id_token, _token_header, _token_payload, _fhir_user_claim
    public async Task The_id_token_is_signed_for_the_app_and_names_a_Practitioner_that_it_may_read()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), "openid fhirUser profile", change: ("nonce", "n-0S6_WzA2Mj"));
        var token = tokens.Text("id_token")!;
        var keys = new JsonWebKeySet(await product.Stranger().GetStringAsync("/.well-known/jwks.json"));
        var header = Answers.Part(token, 0);
        Assert.Equal("RS256", header.Text("alg"));
        var key = Assert.Single(keys.Keys, k => k.Kid == header.Text("kid"));
        var checkedToken = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key, ValidIssuer = $"{product.Url.AbsoluteUri}auth", ValidAudience = "app", ValidateLifetime = false,
        });
        Assert.True(checkedToken.IsValid, checkedToken.Exception?.Message);
        var said = Answers.Part(token, 1);
        Assert.Equal("n-0S6_WzA2Mj", said.Text("nonce"));
        Assert.InRange(said.Text("sub")!.Length, 1, 255);
        var now = product.Clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(said.GetProperty("auth_time").GetInt64(), now - 60, now);
        Assert.InRange(said.GetProperty("iat").GetInt64(), now - 60, now + 60);
        Assert.True(said.GetProperty("exp").GetInt64() > now);
        Assert.Contains("Curie", said.Text("name")!, StringComparison.Ordinal);
        // Nothing of the launch or of our own bookkeeping.
        foreach (var none in new[] { "patient", "ht_scope", "ht_session", "person", "kind" }) Assert.False(said.TryGetProperty(none, out _), none);

        var user = said.Text("fhirUser")!;
        Assert.StartsWith($"{app.Fhir}/Practitioner/", user, StringComparison.Ordinal);
        var read = await app.With(tokens.Access()).GetAsync(user);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal("Practitioner", (await read.Body()).Text("resourceType"));
    }

    [Fact, Trait("Row", "SMART-S7")]
    public async Task It_is_the_Practitioner_that_the_hospital_sent_and_the_same_every_time()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        string User(System.Text.Json.JsonElement tokens) => Answers.Part(tokens.Text("id_token")!, 1).Text("fhirUser")!;
        // The booking brought a Practitioner of the staff number "curie".
        Assert.Equal($"{app.Fhir}/Practitioner/{product.Visit.Practitioner}", User(await app.Tokens(browser, "openid fhirUser")));
        Assert.Equal($"{app.Fhir}/Practitioner/{product.Visit.Practitioner}", User(await app.Tokens(browser, "openid fhirUser")));
        // Nobody sent one of osler: it is made, once.
        var osler = await product.SignedIn("osler");
        var made = await Task.WhenAll(app.Tokens(osler, "openid fhirUser"), product.Smart().Tokens(osler, "openid fhirUser"));
        Assert.Equal(User(made[0]), User(made[1]));
    }

    [Fact, Trait("Row", "SMART-S7")]
    public async Task The_scope_fhirUser_reads_the_user_and_nobody_else()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("osler"), "openid fhirUser");
        Assert.Equal(HttpStatusCode.NotFound, await app.Read(tokens.Access(), $"Practitioner/{product.Visit.Practitioner}"));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), "Practitioner"));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        var without = await app.Tokens(await product.SignedIn("curie"), "openid");
        Assert.False(Answers.Part(without.Text("id_token")!, 1).TryGetProperty("fhirUser", out _));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(without.Access(), $"Practitioner/{product.Visit.Practitioner}"));
    }

    [Fact, Trait("Row", "SMART-S7")]
    public async Task Without_openid_there_is_no_id_token()
    {
        var tokens = await product.Smart().Tokens(await product.SignedIn("curie"), "user/Patient.rs");
        Assert.Null(tokens.Text("id_token"));
    }
}
