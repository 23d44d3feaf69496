using System.Net.Http.Headers;
using HealthTeams.Platform.Outbound;
using HealthTeams.SmartLauncher.Callers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>
/// The public keys a client's assertions may be signed with (SMART-S12): registered with it, or at its address, which is asked
/// again after five minutes, after less where its Cache-Control says so, and when a key of an unknown name comes (rotation).
/// </summary>
internal sealed class ClientKeys(IServiceScopeFactory scopes, OutboundHttp http, TimeProvider clock)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A made-up name makes us ask once in this time, not once a request.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly BriefMemory<string, JsonWebKeySet> known = new(clock, Longest, 1000);
    private readonly BriefMemory<string, bool> asked = new(clock, Patience, 1000);

    /// <param name="jku">As the assertion names it: the registered address or nothing.</param>
    /// <returns>The keys of that name; the caller demands exactly one.</returns>
    public async Task<IReadOnlyList<SecurityKey>> Of(string? clientId, string? kid, string? jku, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(clientId) || string.IsNullOrEmpty(kid)) return [];
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        if (await manager.FindByClientIdAsync(clientId, stop) is not { } application) return [];
        var client = ClientProperties.Read(clientId, await manager.GetPropertiesAsync(application, stop));
        if (client.Pending || (jku is not null && jku != client.JwksUrl)) return [];
        var set = client.JwksUrl is { } url ? await At(url, kid, stop) : await manager.GetJsonWebKeySetAsync(application, stop);
        return set is null ? [] : [.. set.Keys.Where(k => k.Use != "enc" && k.Kty is "RSA" or "EC" && k.Kid == kid)];
    }

    private async Task<JsonWebKeySet?> At(string url, string kid, CancellationToken stop)
    {
        var kept = known.TryGet(url, out var set);
        if (kept && (set.Keys.Any(k => k.Kid == kid) || asked.TryGet(url, out _))) return set;
        if (kept) asked.Keep(url, true);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        var sent = await http.Send(request, stop);
        if (!sent.Ok) return kept ? set : null;
        using var answer = sent.Value;
        if (!answer.IsSuccessStatusCode || ClientRules.Keys(await answer.Content.ReadAsStringAsync(stop)) is not { Ok: true } read) return kept ? set : null;
        known.Forget(url);
        var keep = Lifetime(answer.Headers.CacheControl);
        if (keep > TimeSpan.Zero) known.Keep(url, read.Value, clock.GetUtcNow() + keep);
        return read.Value;
    }

    private static TimeSpan Lifetime(CacheControlHeaderValue? said) =>
        said is null ? Longest : said.NoStore || said.NoCache ? TimeSpan.Zero : said.MaxAge is { } age && age < Longest ? age : Longest;
}
