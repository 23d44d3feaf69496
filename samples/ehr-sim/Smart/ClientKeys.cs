using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

/// <summary>The app's public keys, cached; an unknown key id asks again, so that the app may rotate at any time.</summary>
internal sealed class ClientKeys(HttpClient http, Func<string> url, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);
    private (JsonWebKeySet Keys, DateTimeOffset At)? cache;

    public async Task<(SecurityKey? Key, string? Problem)> Find(string? kid, string alg, CancellationToken cancellation)
    {
        if (cache is { } cached && clock.GetUtcNow() < cached.At + Fresh && Pick(cached.Keys, kid, alg) is { } known) return (known, null);
        try
        {
            cache = (new JsonWebKeySet(await http.GetStringAsync(url(), cancellation)), clock.GetUtcNow());
        }
        catch (Exception e) when (e is HttpRequestException or ArgumentException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return (null, $"The keys at {url()} cannot be read: {e.Message}");
        }
        return Pick(cache.Value.Keys, kid, alg) is { } key ? (key, null) : (null, $"No key with kid '{kid}' for {alg} at {url()}");
    }

    private static JsonWebKey? Pick(JsonWebKeySet set, string? kid, string alg)
    {
        var type = alg == "ES384" ? "EC" : "RSA";
        var fit = set.Keys.Where(k => k.Kty == type && (kid is null or "" || k.Kid == kid)).ToList();
        return fit.Count == 1 ? fit[0] : null;
    }
}
