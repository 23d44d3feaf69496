using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>One version of one resource; a null resource is a deletion. What is stored is never changed afterwards.</summary>
internal sealed record RecordVersion(string Type, string Id, int Number, DateTimeOffset At, string Writer, JsonObject? Resource)
{
    public string Reference => $"{Type}/{Id}";
    public bool IsDeleted => Resource is null;
    public string ETag => string.Create(CultureInfo.InvariantCulture, $"W/\"{Number}\"");
}

internal sealed record RecordChange(string Type, string Id, JsonObject? Resource);

/// <summary>The EHR's resources with all their versions.</summary>
internal sealed class Records
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<RecordVersion>> histories = new(StringComparer.Ordinal);
    private readonly Journal journal;
    private readonly TimeProvider clock;

    public Records(Journal journal, TimeProvider clock)
    {
        (this.journal, this.clock) = (journal, clock);
        var kept = journal.Take("version").Select(line => Read(line.Key, line.Value)).OrderBy(v => v.Number);
        foreach (var version in kept) HistoryFor(version.Reference).Add(version);
    }

    /// <summary>Looks and writes as one step: nobody writes between the check and the change.</summary>
    public T Atomically<T>(Func<T> work)
    {
        lock (gate) return work();
    }

    public RecordVersion? Current(string reference)
    {
        lock (gate) return histories.TryGetValue(reference, out var history) ? history[^1] : null;
    }

    public JsonObject? Find(string? reference) => reference is null ? null : Current(reference)?.Resource;

    /// <summary>Oldest first; empty when there never was such a resource.</summary>
    public IReadOnlyList<RecordVersion> History(string reference)
    {
        lock (gate) return histories.TryGetValue(reference, out var history) ? [.. history] : [];
    }

    public IReadOnlyList<RecordVersion> All(string type)
    {
        lock (gate) return [.. histories.Values.Select(h => h[^1]).Where(v => v.Type == type && !v.IsDeleted)];
    }

    public RecordVersion Write(string type, string id, JsonObject? resource, string writer) =>
        WriteAll([new RecordChange(type, id, resource)], writer)[0];

    public IReadOnlyList<RecordVersion> WriteAll(IReadOnlyList<RecordChange> changes, string writer)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var written = changes.Select(change => NextVersion(change, writer, now)).ToList();
            journal.KeepAll("version", written.Select(Line));
            foreach (var version in written) HistoryFor(version.Reference).Add(version);
            return written;
        }
    }

    /// <summary>People and places count up, the rest is drawn; a number is never given twice, deleted or not.</summary>
    public string NewId(string type, ISet<string>? taken = null)
    {
        lock (gate)
        {
            var prefix = RecordTypes.Prefix(type);
            var counted = RecordTypes.IsCounted(type);
            for (var n = 1; ; n++)
            {
                var id = counted ? $"{prefix}-{n}" : $"{prefix}-{Secrets.ShortHex()}";
                if (!histories.ContainsKey($"{type}/{id}") && taken?.Add($"{type}/{id}") != false) return id;
            }
        }
    }

    private RecordVersion NextVersion(RecordChange change, string writer, DateTimeOffset now)
    {
        var number = histories.TryGetValue($"{change.Type}/{change.Id}", out var history) ? history[^1].Number + 1 : 1;
        if (change.Resource is null) return new RecordVersion(change.Type, change.Id, number, now, writer, null);
        var stored = new JsonObject { ["resourceType"] = change.Type, ["id"] = change.Id };
        var meta = change.Resource["meta"] is JsonObject sent ? (JsonObject)sent.DeepClone() : [];
        meta["versionId"] = number.ToString(CultureInfo.InvariantCulture);
        meta["lastUpdated"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        stored["meta"] = meta;
        foreach (var (name, value) in change.Resource)
            if (name is not ("resourceType" or "id" or "meta")) stored[name] = value?.DeepClone();
        return new RecordVersion(change.Type, change.Id, number, now, writer, stored.Settled());
    }

    private List<RecordVersion> HistoryFor(string reference)
    {
        if (!histories.TryGetValue(reference, out var history)) histories[reference] = history = [];
        return history;
    }

    private static (string, JsonNode?) Line(RecordVersion v) =>
        ($"{v.Reference}/{v.Number}", new JsonObject { ["at"] = v.At, ["writer"] = v.Writer, ["resource"] = v.Resource?.DeepClone() });

    private static RecordVersion Read(string key, JsonObject line)
    {
        var parts = key.Split('/');
        var resource = line["resource"] is JsonObject kept ? ((JsonObject)kept.DeepClone()).Settled() : null;
        return new RecordVersion(parts[0], parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture),
            line["at"]!.GetValue<DateTimeOffset>(), line["writer"]!.GetValue<string>(), resource);
    }
}
