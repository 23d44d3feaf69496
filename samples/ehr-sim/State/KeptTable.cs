using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace EhrSim;

/// <summary>Rows of one kind, in memory and in the journal.</summary>
internal sealed class KeptTable<T> where T : class
{
    private readonly ConcurrentDictionary<string, T> rows = new();
    private readonly Journal journal;
    private readonly string kind;

    public KeptTable(Journal journal, string kind)
    {
        (this.journal, this.kind) = (journal, kind);
        foreach (var (key, value) in journal.Take(kind))
            rows[key] = value.Deserialize<T>(Json.Compact)!;
    }

    public IEnumerable<KeyValuePair<string, T>> Rows => rows;

    public T? Find(string key) => rows.GetValueOrDefault(key);

    public void Put(string key, T row)
    {
        rows[key] = row;
        Keep(key, row);
    }

    public bool TryAdd(string key, T row)
    {
        if (!rows.TryAdd(key, row)) return false;
        Keep(key, row);
        return true;
    }

    /// <summary>True for exactly one caller: what "single use" rests on.</summary>
    public bool TryChange(string key, T from, T to)
    {
        if (!rows.TryUpdate(key, to, from)) return false;
        Keep(key, to);
        return true;
    }

    public bool TryRemove(string key, [NotNullWhen(true)] out T? row)
    {
        if (!rows.TryRemove(key, out row)) return false;
        journal.Keep(kind, key, null);
        return true;
    }

    public void RemoveWhere(Func<T, bool> gone)
    {
        foreach (var (key, row) in rows)
            if (gone(row)) TryRemove(key, out _);
    }

    private void Keep(string key, T row) => journal.Keep(kind, key, JsonSerializer.SerializeToNode(row, Json.Compact));
}
