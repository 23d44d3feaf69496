using System.Collections.Concurrent;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>
/// Remembers answers for some seconds, so that a read costs neither a signature check nor a query; what was revoked is
/// noticed when the seconds are over. Full means forgotten: it never grows beyond its limit.
/// </summary>
internal sealed class BriefMemory<TKey, TValue>(TimeProvider clock, TimeSpan keep, int limit) where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, (TValue Value, DateTimeOffset Until)> known = new();

    public bool TryGet(TKey key, out TValue value)
    {
        var found = known.TryGetValue(key, out var entry) && entry.Until > clock.GetUtcNow();
        value = entry.Value;
        return found;
    }

    public void Keep(TKey key, TValue value, DateTimeOffset? noLongerThan = null)
    {
        if (known.Count >= limit) known.Clear();
        var until = clock.GetUtcNow() + keep;
        known[key] = (value, noLongerThan < until ? noLongerThan.Value : until);
    }

    public void Forget(TKey key) => known.TryRemove(key, out _);

    public void ForgetWhere(Predicate<TValue> those)
    {
        foreach (var (key, entry) in known)
        {
            if (those(entry.Value)) known.TryRemove(key, out _);
        }
    }
}
