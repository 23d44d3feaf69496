using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Everything the EHR must remember, one JSON line per change: the last line of a key wins, a null removes it.</summary>
internal sealed class Journal : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Dictionary<string, JsonObject>> kinds = [];
    private readonly FileStream? inUse;
    private readonly FileStream? file;

    public Journal(string? folder)
    {
        if (folder is null) return;
        Directory.CreateDirectory(folder);
        // Two writers would tear each other's lines; the lock dies with its process, even by kill -9.
        inUse = new FileStream(Path.Combine(folder, "in-use"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var path = Path.Combine(folder, "journal.jsonl");
        if (File.Exists(path))
            foreach (var line in File.ReadLines(path)) Load(line);
        Compact(path);
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>What was kept of one kind; the caller owns it from now on.</summary>
    public IReadOnlyDictionary<string, JsonObject> Take(string kind)
    {
        lock (gate) return kinds.Remove(kind, out var kept) ? kept : [];
    }

    public void Keep(string kind, string key, JsonNode? value) => KeepAll(kind, [(key, value)]);

    /// <summary>Several lines in one write, so that a transaction is not cut in two by a kill.</summary>
    public void KeepAll(string kind, IEnumerable<(string Key, JsonNode? Value)> entries)
    {
        if (file is null) return;
        var lines = new StringBuilder();
        foreach (var (key, value) in entries) lines.Append(Line(kind, key, value));
        var bytes = Encoding.UTF8.GetBytes(lines.ToString());
        lock (gate) file.Write(bytes);
    }

    public void Dispose()
    {
        file?.Dispose();
        inUse?.Dispose();
    }

    private void Load(string line)
    {
        JsonNode? entry;
        // A kill in the middle of a write leaves half a line; what it said was never answered to anybody.
        try { entry = JsonNode.Parse(line); }
        catch (JsonException) { return; }
        if (entry?["kind"]?.GetValue<string>() is not { } kind || entry["key"]?.GetValue<string>() is not { } key) return;
        if (!kinds.TryGetValue(kind, out var kept)) kinds[kind] = kept = [];
        if (entry["value"] is JsonObject value) kept[key] = (JsonObject)value.DeepClone();
        else kept.Remove(key);
    }

    private void Compact(string path)
    {
        var fresh = path + ".new";
        using (var writer = new StreamWriter(fresh))
        {
            foreach (var (kind, kept) in kinds)
                foreach (var (key, value) in kept) writer.Write(Line(kind, key, value));
        }
        File.Move(fresh, path, overwrite: true);
    }

    private static string Line(string kind, string key, JsonNode? value) =>
        new JsonObject { ["kind"] = kind, ["key"] = key, ["value"] = value?.DeepClone() }.ToJsonString(Json.Compact) + "\n";
}
