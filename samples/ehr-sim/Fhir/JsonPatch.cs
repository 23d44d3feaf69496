// https://www.rfc-editor.org/rfc/rfc6902
using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class JsonPatch
{
    /// <summary>Null when all operations applied; else what went wrong. The resource is a copy: a failure leaves no trace.</summary>
    public static string? Apply(JsonObject resource, JsonArray operations)
    {
        foreach (var operation in operations)
        {
            var (op, path) = (operation.Text("op"), operation.Text("path"));
            if (op is null || path is null || !path.StartsWith('/')) return "Each operation needs op and a path that starts with /";
            var steps = path[1..].Split('/').Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
            var parent = Walk(resource, steps.AsSpan(0, steps.Length - 1));
            var value = operation!["value"];
            var applied = parent switch
            {
                JsonObject o => OnObject(o, steps[^1], op, value),
                JsonArray a => OnArray(a, steps[^1], op, value),
                _ => false,
            };
            if (!applied) return $"{op} {path} does not apply";
        }
        return null;
    }

    private static JsonNode? Walk(JsonNode node, ReadOnlySpan<string> steps)
    {
        JsonNode? at = node;
        foreach (var step in steps)
        {
            at = at switch
            {
                JsonObject o => o[step],
                JsonArray a when Index(step, a.Count - 1) is { } i => a[i],
                _ => null,
            };
        }
        return at;
    }

    private static bool OnObject(JsonObject parent, string name, string op, JsonNode? value)
    {
        switch (op)
        {
            case "add": parent[name] = value?.DeepClone(); return true;
            case "replace" when parent.ContainsKey(name): parent[name] = value?.DeepClone(); return true;
            case "remove": return parent.Remove(name);
            case "test": return parent.ContainsKey(name) && JsonNode.DeepEquals(parent[name], value);
            default: return false;
        }
    }

    private static bool OnArray(JsonArray parent, string step, string op, JsonNode? value)
    {
        if (op == "add")
        {
            if ((step == "-" ? parent.Count : Index(step, parent.Count)) is not { } place) return false;
            parent.Insert(place, value?.DeepClone());
            return true;
        }
        if (Index(step, parent.Count - 1) is not { } index) return false;
        switch (op)
        {
            case "replace": parent[index] = value?.DeepClone(); return true;
            case "remove": parent.RemoveAt(index); return true;
            case "test": return JsonNode.DeepEquals(parent[index], value);
            default: return false;
        }
    }

    private static int? Index(string step, int highest) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= highest ? index : null;
}
