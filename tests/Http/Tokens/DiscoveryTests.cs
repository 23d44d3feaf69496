using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S1, S7 (what is published) and S17.</summary>
[Collection("tokens")]
public sealed class DiscoveryTests(ProductWithApps product)
{
    [Theory, Trait("Row", "SMART-S1")] // well_known_endpoint, well_known_capabilities_stu2, smart_cors_well_known_endpoint
    [InlineData("application/json")]
    [InlineData("application/fhir+xml")]
    [InlineData("text/html")]
    public async Task The_smart_configuration_is_JSON_for_everybody(string accept)
    {
        var client = product.Stranger();
        client.DefaultRequestHeaders.Accept.ParseAdd(accept);
        client.DefaultRequestHeaders.Add("Origin", "https://inferno.example");
        var answer = await client.GetAsync("/fhir/.well-known/smart-configuration");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("application/json", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.Contains(answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), (string[])["*", "https://inferno.example"]);
        var said = await answer.Body();
        foreach (var name in new[] { "issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint", "registration_endpoint" })
        {
            Assert.StartsWith(product.Url.AbsoluteUri, said.GetProperty(name).GetString(), StringComparison.Ordinal);
        }
        string[] List(string name) => [.. said.GetProperty(name).EnumerateArray().Select(v => v.GetString()!)];
        Assert.Contains("authorization_code", List("grant_types_supported"));
        Assert.Contains("client_credentials", List("grant_types_supported"));
        Assert.Equal(["S256"], List("code_challenge_methods_supported"));
        Assert.Equal(["RS384", "ES384"], List("token_endpoint_auth_signing_alg_values_supported"));
        Assert.Contains("private_key_jwt", List("token_endpoint_auth_methods_supported"));
        Assert.Contains("launch/patient", List("scopes_supported"));
        foreach (var list in said.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array)) Assert.All(list.Value.EnumerateArray(), v => Assert.NotEmpty(v.GetString()!));
    }

    [Fact, Trait("Row", "SMART-S17")] // the capability list of g10
    public async Task What_g10_demands_is_claimed_and_metadata_claims_the_same()
    {
        var said = (await (await product.Stranger().GetAsync("/fhir/.well-known/smart-configuration")).Body()).GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()!).ToList();
        foreach (var capability in new[]
        {
            "launch-ehr", "launch-standalone", "client-public", "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style",
            "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-offline", "permission-patient", "permission-user", "authorize-post", "permission-v1", "permission-v2",
        })
        {
            Assert.Contains(capability, said);
        }
        var metadata = await (await product.Stranger().GetAsync("/fhir/metadata")).Body();
        var extensions = metadata.GetProperty("rest")[0].GetProperty("security").GetProperty("extension").EnumerateArray().ToList();
        Assert.Equal(said.Order(), extensions.Where(e => e.TryGetProperty("valueCode", out _)).Select(e => e.GetProperty("valueCode").GetString()!).Order());
        Assert.Contains(extensions[0].GetProperty("extension").EnumerateArray(), e => e.GetProperty("url").GetString() == "register");
    }

    [Fact, Trait("Row", "SMART-S7")] // smart_openid_retrieve_configuration, _required_configuration_fields, _retrieve_jwks
    public async Task The_openid_configuration_of_our_issuer_names_what_it_must_and_its_keys_are_public()
    {
        var issuer = (await (await product.Stranger().GetAsync("/fhir/.well-known/smart-configuration")).Body()).GetProperty("issuer").GetString()!;
        var said = await (await product.Stranger().GetAsync($"{issuer}/.well-known/openid-configuration")).Body();
        Assert.Equal(issuer, said.GetProperty("issuer").GetString());
        foreach (var name in new[] { "authorization_endpoint", "token_endpoint", "jwks_uri" }) Assert.StartsWith(product.Url.AbsoluteUri, said.GetProperty(name).GetString(), StringComparison.Ordinal);
        Assert.Contains("RS256", said.GetProperty("id_token_signing_alg_values_supported").EnumerateArray().Select(a => a.GetString()));
        Assert.NotEmpty(said.GetProperty("response_types_supported").EnumerateArray());
        Assert.NotEmpty(said.GetProperty("subject_types_supported").EnumerateArray());
        Assert.True(said.GetProperty("authorization_response_iss_parameter_supported").GetBoolean());
        Assert.Equal("S256", Assert.Single(said.GetProperty("code_challenge_methods_supported").EnumerateArray()).GetString());
        var keys = (await (await product.Stranger().GetAsync(said.GetProperty("jwks_uri").GetString())).Body()).GetProperty("keys").EnumerateArray().ToList();
        Assert.Contains(keys, k => k.GetProperty("kty").GetString() == "RSA");
        Assert.All(keys, k => Assert.False(k.TryGetProperty("d", out _)));
        Assert.Equal(keys.Count, keys.Select(k => k.GetProperty("kid").GetString()).Distinct().Count());
    }

    [Fact, Trait("Row", "SMART-S5")]
    public async Task The_style_that_a_launch_names_has_the_eleven_keys_of_SMART()
    {
        var style = await (await product.Stranger().GetAsync("/auth/smart-style.json")).Body();
        Assert.Equal(11, style.EnumerateObject().Count());
        Assert.Matches("^#[0-9a-f]{6}$", style.GetProperty("color_text").GetString()!);
    }
}
