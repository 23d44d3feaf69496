using System.Text.Json;
using HealthTeams.SmartLauncher.Keys;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>How we prove who we are at the EHR's token endpoint, as registered and as its discovery wants it.</summary>
public sealed class ClientAuthenticationTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Theory]
    [InlineData("private_key_jwt", "", "private_key_jwt ES384: client_assertion, client_assertion_type, code, code_verifier, grant_type, redirect_uri")]
    [InlineData("private_key_jwt", "rs384Only", "private_key_jwt RS384: client_assertion, client_assertion_type, code, code_verifier, grant_type, redirect_uri")]
    [InlineData("secret", "", "client_secret_basic: code, code_verifier, grant_type, redirect_uri")]
    [InlineData("secret", "secretPostOnly", "client_secret_post: client_id, client_secret, code, code_verifier, grant_type, redirect_uri")]
    [InlineData("secret", "rawSecrets", "client_secret_basic: code, code_verifier, grant_type, redirect_uri")]
    [InlineData("public", "publicClient", "none: client_id, code, code_verifier, grant_type, redirect_uri")]
    [Trait("Row", "SMART-A10")]
    [Trait("Row", "SMART-A11")]
    [Trait("Row", "SMART-A12")]
    public async Task The_token_call_says_what_it_must_and_no_more(string auth, string fault, string says)
    {
        await product.Faults();
        await product.Register(e => e with { Auth = auth, Secret = auth == "secret" ? ProductWithEhr.AppSecret : null });
        var visit = await product.BookInEhr($"Proof by {auth} {fault}", patient: "MRN-1002");
        if (fault.Length > 0) await product.Faults(fault);
        Assert.Equal("room", (await new Browser(product).Launch("practitioner", visit)).Outcome());
        Assert.Equal($"authorization_code by {says}", (await product.Calls("/oauth/token")).First(c => c.StartsWith("authorization_code", StringComparison.Ordinal)));
        await product.Faults();
    }

    [Fact, Trait("Row", "SMART-A11")]
    public async Task A_wrong_secret_is_refused_and_says_so()
    {
        await product.Faults();
        await product.Register(e => e with { Auth = "secret", Secret = "wrong" });
        var visit = await product.BookInEhr("Wrong secret", patient: "MRN-1005");
        Assert.Equal("error: token-refused", (await new Browser(product).Launch("practitioner", visit)).Outcome());
        await product.Register();
    }

    [Fact, Trait("Row", "SMART-A13")]
    public async Task Our_public_keys_are_open_to_everybody_and_hold_nothing_private()
    {
        var answer = await product.Stranger().GetAsync("/.well-known/jwks.json");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.MaxAge > TimeSpan.Zero);
        var keys = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("keys").EnumerateArray().ToList();
        Assert.Contains(keys, k => k.GetProperty("kty").GetString() == "RSA" && k.GetProperty("alg").GetString() == "RS384" && k.TryGetProperty("n", out _) && k.TryGetProperty("e", out _));
        Assert.Contains(keys, k => k.GetProperty("kty").GetString() == "EC" && k.GetProperty("crv").GetString() == "P-384" && k.TryGetProperty("x", out _) && k.TryGetProperty("y", out _));
        Assert.All(keys, k => Assert.False(k.TryGetProperty("d", out _) || k.TryGetProperty("p", out _) || k.TryGetProperty("k", out _)));
        Assert.Equal(keys.Count, keys.Select(k => k.GetProperty("kid").GetString()).Distinct().Count());
    }

    [Fact, Trait("Row", "SMART-A13")]
    public async Task New_keys_are_published_before_they_sign_and_old_ones_after()
    {
        await product.Faults();
        await product.Register();
        async Task<List<string>> Published() => [.. JsonDocument.Parse(await product.Stranger().GetStringAsync("/.well-known/jwks.json")).RootElement.GetProperty("keys")
            .EnumerateArray().Where(k => k.GetProperty("alg").GetString() == "ES384").Select(k => k.GetProperty("kid").GetString()!)];
        var keys = product.App.Services.GetRequiredService<KeyRing>().Client;
        var old = Assert.Single(await Published());
        Assert.True(keys.Rotate().Ok);
        Assert.Equal("keys-changing", keys.Rotate().Problem?.Code);
        var both = await Published();
        Assert.Equal(2, both.Count);
        Assert.Equal(old, keys.Es384.Kid);
        var visit = await product.BookInEhr("Before the change", patient: "MRN-1008");
        Assert.Equal("room", (await new Browser(product).Launch("practitioner", visit)).Outcome());

        product.Time.Move(OwnKeys.PublishedBefore + TimeSpan.FromMinutes(1));
        Assert.Equal(both.Single(k => k != old), keys.Es384.Kid);
        Assert.Equal(2, (await Published()).Count);
        visit = await product.BookInEhr("After the change", patient: "MRN-1008");
        Assert.Equal("room", (await new Browser(product).Launch("practitioner", visit)).Outcome());
        product.Time.Move(OwnKeys.PublishedAfter + TimeSpan.FromMinutes(1));
        Assert.Equal(keys.Es384.Kid, Assert.Single(await Published()));
    }

    [Fact, Trait("Row", "SMART-A29")]
    public async Task An_authorization_server_on_another_host_works_once_that_host_may_be_spoken_to()
    {
        await product.Faults();
        await product.Register();
        var visit = await product.BookInEhr("Separate hosts", patient: "MRN-1007");
        // An operator's word: this other host is this machine. A public one needs none.
        await product.Sql($"insert into platform.outbound_host (origin, private_ranges, added_at) values ('http://127.0.0.1:{product.Ehr.Port}', true, now())");
        await product.Faults("separateHosts");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        await product.Sql($"delete from platform.outbound_host where origin = 'http://127.0.0.1:{product.Ehr.Port}'");
        Assert.Equal("room", trail.Outcome());
        Assert.Equal("127.0.0.1", trail.Single(s => s.At.AbsolutePath == "/oauth/authorize").At.Host);
        Assert.Equal(await product.Visit(visit), await product.Visit(trail));
    }
}
