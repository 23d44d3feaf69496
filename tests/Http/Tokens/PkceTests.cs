using System.Net;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Row S3, and g10_smart_invalid_pkce_code_verifier_group.</summary>
[Collection("tokens")]
public sealed class PkceTests(ProductWithApps product)
{
    private const string Scope = "openid user/Patient.rs";

    [Theory, Trait("Row", "SMART-S3")]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a-verifier-of-somebody-else-that-is-long-enough")]
    [InlineData("CHALLENGE")]
    public async Task A_code_is_worth_nothing_without_the_verifier_it_was_asked_with(string? verifier)
    {
        foreach (var app in new[] { product.Smart(), product.Smart("confidential", ProductWithApps.Secret) })
        {
            var code = await app.Code(await product.SignedIn("curie"), Scope);
            await (await app.Exchange(code, ("code_verifier", verifier == "CHALLENGE" ? app.Challenge : verifier))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        }
    }

    [Theory, Trait("Row", "SMART-S3")]
    [InlineData(null, null)]
    [InlineData("", "S256")]
    [InlineData("CHALLENGE", "plain")]
    [InlineData("CHALLENGE", null)]
    [InlineData("CHALLENGE", "S512")]
    public async Task A_request_without_an_S256_challenge_gets_no_code(string? challenge, string? method)
    {
        foreach (var app in new[] { product.Smart(), product.Smart("confidential") })
        {
            var browser = await product.SignedIn("curie");
            var answer = await app.Open(browser, Scope, ("code_challenge", challenge == "CHALLENGE" ? app.Challenge : challenge), ("code_challenge_method", method));
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Null(answer.Headers.Location);
            Assert.Contains("code_challenge", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }
}
