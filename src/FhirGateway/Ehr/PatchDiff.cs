using System.Text.Json.Nodes;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>https://www.rfc-editor.org/rfc/rfc6902: the operations that make one resource of another. Arrays are compared place by place, for ours only grow.</summary>
internal static class PatchDiff
{
    public static JsonArray Of(JsonNode before, JsonNode after)
    {
        var operations = new JsonArray();
        Compare(operations, "", before, after);
        return operations;
    }

    private static void Compare(JsonArray operations, string path, JsonNode? before, JsonNode? after)
    {
        if (JsonNode.DeepEquals(before, after)) return;
        switch (before, after)
        {
            case (JsonObject old, JsonObject now):
                foreach (var (name, _) in old.Where(p => !now.ContainsKey(p.Key))) Add(operations, "remove", $"{path}/{Escape(name)}", null);
                foreach (var (name, value) in now)
                {
                    if (old.ContainsKey(name)) Compare(operations, $"{path}/{Escape(name)}", old[name], value);
                    else Add(operations, "add", $"{path}/{Escape(name)}", value);
                }
                break;
            case (JsonArray old, JsonArray now) when now.Count >= old.Count:
                for (var i = 0; i < old.Count; i++) Compare(operations, $"{path}/{i}", old[i], now[i]);
                foreach (var value in now.Skip(old.Count)) Add(operations, "add", $"{path}/-", value);
                break;
            default:
                Add(operations, "replace", path, after);
                break;
        }
    }

    private static void Add(JsonArray operations, string op, string path, JsonNode? value)
    {
        var operation = new JsonObject { ["op"] = op, ["path"] = path };
        if (op != "remove") operation["value"] = value?.DeepClone();
        operations.Add(operation);
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
