using System.Net;
using System.Text.Json;
using HealthTeams.SmartLauncher.Clients;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S14 and S15: which scopes are granted, and what a token then opens.</summary>
[Collection("tokens")]
public sealed class GrantTests(ProductWithApps product)
{
    private const string Category = "http://terminology.hl7.org/CodeSystem/observation-category";

    [Fact, Trait("Row", "SMART-S14")]
    public async Task The_user_ticks_what_the_app_gets_and_the_app_is_told()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var back = SmartApp.Returned(await app.Through(browser, await app.Open(browser, SmartApp.Usual), product.Visit.Patient, tick: b => b.Scope is "openid" or "patient/Patient.rs"));
        var tokens = await (await app.Exchange(back["code"])).Body();
        Assert.Equal(["launch/patient", "openid", "patient/Patient.rs"], tokens.Scopes().Order());
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), $"Encounter/{product.Visit.Encounter}"));
    }

    [Fact, Trait("Row", "SMART-S14")]
    public async Task Who_ticks_nothing_is_asked_again_and_nothing_is_given()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var form = SmartApp.Fields(await (await app.Open(browser, "openid user/Patient.rs")).Content.ReadAsStringAsync());
        form["decision"] = "approve";
        var again = await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(form));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Contains("Nothing is ticked", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S14")] // g10_smart_granular_scope_selection
    public async Task Instead_of_a_whole_type_the_user_gives_a_part_of_it()
    {
        using var system = await product.Fhir();
        async Task<string> Observed(string category) => (await system.Create("Observation", $$"""
            {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{product.Visit.Patient}}"},"category":[{"coding":[{"system":"{{Category}}","code":"{{category}}"}]}]}
            """)).Id();
        var (vital, lab) = (await Observed("vital-signs"), await Observed("laboratory"));
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var back = SmartApp.Returned(await app.Through(browser, await app.Open(browser, "launch/patient patient/Observation.rs patient/Condition.rs"), product.Visit.Patient,
            tick: b => b.Scope == $"patient/Observation.rs?category={Category}|vital-signs" || b.Scope == "patient/Condition.rs?category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern"));
        var tokens = await (await app.Exchange(back["code"])).Body();
        Assert.Contains($"patient/Observation.rs?category={Category}|vital-signs", tokens.Scopes());
        Assert.DoesNotContain("patient/Observation.rs", tokens.Scopes());
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Observation/{vital}"));
        Assert.Equal(HttpStatusCode.NotFound, await app.Read(tokens.Access(), $"Observation/{lab}"));
        var found = await (await app.With(tokens.Access()).GetAsync("/fhir/Observation")).Body();
        Assert.Equal([vital], found.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource").Text("id")));
        var batch = await app.With(tokens.Access()).PostAsync("/fhir", FhirHttp.Json($$"""
            {"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Observation/{{vital}}"} },{"request":{"method":"GET","url":"Observation/{{lab}}"} },{"request":{"method":"GET","url":"Patient"} }]}
            """));
        Assert.Equal(["200", "404", "403"], (await batch.Body()).GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("response").Text("status")![..3]));
    }

    [Theory, Trait("Row", "SMART-S14")] // g10 v1 scopes
    [InlineData("user/Patient.read", "user/Patient.read")]
    [InlineData("user/Patient.rs", "user/Patient.rs")]
    [InlineData("user/*.*", "user/*.*")]
    [InlineData("user/Patient.rs user/Patient.sr user/Patient.x user/patient.rs Patient/Patient.rs nonsense", "user/Patient.rs")]
    [InlineData("user/Patient.rs system/Patient.rs", "user/Patient.rs")]
    [InlineData("user/Patient.dus user/Encounter.rs", "user/Encounter.rs")]
    public async Task Scopes_of_both_versions_are_granted_and_what_is_not_understood_is_not(string asked, string granted)
    {
        var app = product.Smart();
        Assert.Equal(granted.Split(' '), (await app.Tokens(await product.SignedIn("curie"), asked)).Scopes());
    }

    [Theory, Trait("Row", "SMART-S14")]
    [InlineData("user/Patient.sr")]
    [InlineData("user/Patient.")]
    [InlineData("user/Patient.read?category=x")]
    [InlineData("system/*.rs")]
    public async Task Where_nothing_can_be_granted_there_is_no_code(string asked)
    {
        var back = SmartApp.Returned(await product.Smart().Open(await product.SignedIn("curie"), asked));
        Assert.Equal("invalid_scope", back["error"]);
        Assert.False(back.ContainsKey("code"));
    }

    [Fact, Trait("Row", "SMART-S14")]
    public async Task An_app_gets_no_more_than_it_was_registered_for()
    {
        await product.Register(new ClientToAdd("small", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Scope = "openid user/Patient.rs" });
        var app = product.Smart("small");
        var tokens = await app.Tokens(await product.SignedIn("curie"), "openid offline_access user/Patient.rs user/Patient.cruds user/Encounter.rs patient/Patient.rs launch/patient");
        Assert.Equal(["openid", "user/Patient.rs"], tokens.Scopes());
        Assert.Null(tokens.Text("refresh_token"));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), $"Encounter/{product.Visit.Encounter}"));
        Assert.Equal(HttpStatusCode.Forbidden, (await app.With(tokens.Access()).PostAsync("/fhir/Patient", FhirHttp.Json("""{"resourceType":"Patient"}"""))).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S15")] // g10 unauthorized access
    public async Task Without_a_token_with_a_late_one_or_with_too_little_the_API_says_which()
    {
        var app = product.Smart();
        var patient = $"/fhir/Patient/{product.Visit.Patient}";
        var none = await product.Stranger().GetAsync(patient);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal("Bearer", none.Headers.WwwAuthenticate.Single().Scheme);
        Assert.DoesNotContain("error=", none.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);

        var tokens = await app.Tokens(await product.SignedIn("curie"), "user/Patient.rs");
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), "Encounter"));
        // The scope is looked at before anything is searched: what would be a bad search is refused for the scope.
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(tokens.Access(), "Encounter?no-such-parameter=1&date=nonsense"));
        product.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        var late = await app.With(tokens.Access()).GetAsync(patient);
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
        Assert.Contains("error=\"invalid_token\"", late.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal("OperationOutcome", (await late.Body()).Text("resourceType"));
    }

    [Fact, Trait("Row", "SMART-S15")]
    public async Task A_token_in_the_address_is_refused_also_beside_one_in_the_header()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), "user/Patient.rs");
        var path = $"/fhir/Patient/{product.Visit.Patient}?access_token={tokens.Access()}";
        Assert.Equal(HttpStatusCode.Unauthorized, (await product.Stranger().GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.With(tokens.Access()).GetAsync(path)).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S15")]
    public async Task A_token_whose_header_or_claims_were_changed_is_none()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), "user/Patient.rs");
        var parts = tokens.Access().Split('.');
        string Encoded(string json) => Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode(json);
        var claims = Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(parts[1]);
        // The public half of our key as an HMAC secret (key confusion).
        var jwks = await product.Stranger().GetStringAsync("/.well-known/jwks.json");
        var kid = Answers.Part(tokens.Access(), 0).Text("kid")!;
        string Hmac(byte[] key)
        {
            var body = $"{Encoded($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{kid}}"}""")}.{parts[1]}";
            return $"{body}.{Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode(System.Security.Cryptography.HMACSHA256.HashData(key, System.Text.Encoding.ASCII.GetBytes(body)))}";
        }
        var modulus = JsonDocument.Parse(jwks).RootElement.GetProperty("keys").EnumerateArray().First(k => k.Text("kid") == kid).Text("n")!;
        using var rsa = System.Security.Cryptography.RSA.Create(new System.Security.Cryptography.RSAParameters { Modulus = Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(modulus), Exponent = [1, 0, 1] });
        foreach (var forged in new[]
        {
            $"{Encoded("""{"alg":"none","typ":"at+jwt"}""")}.{parts[1]}.", $"{Encoded("""{"alg":"None","typ":"at+jwt"}""")}.{parts[1]}.{parts[2]}",
            Hmac(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(modulus)), Hmac(System.Text.Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem())), Hmac(System.Text.Encoding.UTF8.GetBytes(jwks)), Hmac([]),
            $"{parts[0]}.{Encoded(claims.Replace("user/Patient.rs", "system/*.cruds", StringComparison.Ordinal))}.{parts[2]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}.{parts[1]}", "x", "..",
        })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(forged, $"Patient/{product.Visit.Patient}"));
        }
        // An id_token or a refresh token opens nothing either.
        var others = await app.Tokens(await product.SignedIn("curie"), "openid user/Patient.rs offline_access");
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(others.Text("id_token")!, $"Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(others.Text("refresh_token")!, $"Patient/{product.Visit.Patient}"));
    }
}
