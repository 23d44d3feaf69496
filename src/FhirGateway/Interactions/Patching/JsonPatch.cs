using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#patch: JSON Patch (RFC 6902) here, FHIRPath Patch beside it. What is not touched keeps its digits.</summary>
internal static class JsonPatch
{
    private const int MaxSteps = 5000;
    private const int MostCopied = 4 * 1024 * 1024; // copying a list into itself doubles it each time

    private static readonly string[] Untouchable = ["/id", "/resourceType", "/meta/versionId", "/meta/lastUpdated"];

    public static Outcome<Func<JsonElement, Outcome<byte[]>>> Prepare(JsonElement patch, string? contentType)
    {
        if (FhirPathPatch.IsOne(patch)) return FhirPathPatch.Prepare(patch);
        if (contentType is not null && !contentType.StartsWith("application/json-patch+json", StringComparison.OrdinalIgnoreCase))
        {
            return new Problem(415, "not-supported", "Send a JSON Patch as application/json-patch+json, a FHIRPath Patch as a Parameters resource.");
        }
        if (patch.ValueKind != JsonValueKind.Array || patch.GetArrayLength() == 0) return Problem.Invalid("A JSON Patch is an array of operations.", code: "structure");
        if (patch.GetArrayLength() > MaxSteps) return new Problem(413, "too-long", $"A patch has at most {MaxSteps} operations.");
        var steps = new List<Step>();
        foreach (var op in patch.EnumerateArray())
        {
            var step = Parse(op);
            if (!step.Ok) return step.Problem;
            steps.Add(step.Value);
        }
        return (Func<JsonElement, Outcome<byte[]>>)(resource => Apply(resource, steps));
    }

    private static Outcome<Step> Parse(JsonElement op)
    {
        if (op.ValueKind != JsonValueKind.Object) return Problem.Invalid("Every operation of a JSON Patch is an object.", code: "structure");
        var name = Json.FhirJson.Text(op, "op");
        var path = Json.FhirJson.Text(op, "path");
        var from = Json.FhirJson.Text(op, "from");
        if (name is not ("add" or "remove" or "replace" or "move" or "copy" or "test")) return Problem.Invalid($"'{name}' is not an operation of JSON Patch.", "op");
        if (path is null || !path.StartsWith('/')) return Problem.Invalid("Every operation needs a path that begins with '/'.", "path");
        if (name is "move" or "copy" && from is null) return Problem.Invalid($"'{name}' needs 'from'.", "from");
        if (name != "test" && Untouchable.Contains(path)) return Problem.Invalid($"{path} is the server's.", path);
        if (name == "move" && Untouchable.Contains(from)) return Problem.Invalid($"{from} is the server's.", from);
        if (name is "add" or "replace" or "test" && !op.TryGetProperty("value", out _)) return Problem.Invalid($"'{name}' needs a value.", "value");
        return new Step(name, path, from, op.TryGetProperty("value", out var value) ? value : default);
    }

    private static Outcome<byte[]> Apply(JsonElement resource, List<Step> steps)
    {
        var root = JsonNode.Parse(resource.GetRawText())!;
        var copied = 0L;
        foreach (var step in steps)
        {
            if (Run(root, step, ref copied) is { } problem) return problem;
        }
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    private static Problem? Run(JsonNode root, Step step, ref long copied)
    {
        switch (step.Op)
        {
            case "test":
                return Find(root, step.Path, out var actual) && JsonNode.DeepEquals(actual, JsonNode.Parse(step.Value.GetRawText()))
                    ? null : Problem.Unprocessable($"The test of {step.Path} failed.", step.Path);
            case "remove":
                return Remove(root, step.Path);
            case "replace":
                return Replace(root, step.Path, JsonNode.Parse(step.Value.GetRawText()));
            case "add":
                return Add(root, step.Path, JsonNode.Parse(step.Value.GetRawText()));
            default:
                if (!Find(root, step.From!, out var moved)) return Missing(step.From!);
                // What is moved cannot go into itself (RFC 6902, 4.4).
                if (step.Op == "move" && step.Path.StartsWith(step.From + "/", StringComparison.Ordinal)) return Problem.Unprocessable($"{step.From} cannot be moved into itself.", step.Path);
                if (step.Op == "copy" && (copied += moved?.ToJsonString().Length ?? 0) > MostCopied) return new Problem(413, "too-long", "The patch copies more than 4 MB.", step.Path);
                var copy = moved?.DeepClone();
                return (step.Op == "move" ? Remove(root, step.From!) : null) ?? Add(root, step.Path, copy);
        }
    }

    private static bool Find(JsonNode root, string path, out JsonNode? found)
    {
        found = root;
        foreach (var part in Parts(path))
        {
            if (found is JsonObject o && o.TryGetPropertyValue(part, out var value)) found = value;
            else if (found is JsonArray a && Index(part, a.Count) is { } i) found = a[i];
            else return false;
        }
        return true;
    }

    private static Problem? Add(JsonNode root, string path, JsonNode? value)
    {
        var parts = Parts(path);
        if (!Find(root, Parent(parts), out var parent)) return Missing(path);
        var last = parts[^1];
        switch (parent)
        {
            case JsonObject o:
                o[last] = value;
                return null;
            case JsonArray a when last == "-":
                a.Add(value);
                return null;
            case JsonArray a when Index(last, a.Count + 1) is { } i:
                a.Insert(i, value);
                return null;
            default:
                return Missing(path);
        }
    }

    /// <summary>In its place: the order of what is not touched stays.</summary>
    private static Problem? Replace(JsonNode root, string path, JsonNode? value)
    {
        var parts = Parts(path);
        if (!Find(root, Parent(parts), out var parent)) return Missing(path);
        if (parent is JsonObject o && o.ContainsKey(parts[^1])) o[parts[^1]] = value;
        else if (parent is JsonArray a && Index(parts[^1], a.Count) is { } i) a[i] = value;
        else return Missing(path);
        return null;
    }

    private static Problem? Remove(JsonNode root, string path)
    {
        var parts = Parts(path);
        if (!Find(root, Parent(parts), out var parent)) return Missing(path);
        if (parent is JsonObject o && o.Remove(parts[^1])) return null;
        if (parent is JsonArray a && Index(parts[^1], a.Count) is { } i)
        {
            a.RemoveAt(i);
            return null;
        }
        return Missing(path);
    }

    private static string[] Parts(string path) =>
        [.. path.Split('/')[1..].Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static string Parent(string[] parts) => parts.Length == 1 ? "" : "/" + string.Join('/', parts[..^1].Select(p => p.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
    private static int? Index(string part, int count) => Search.SearchValue.Count(part) is { } i && i < count ? i : null;
    private static Problem Missing(string path) => Problem.Unprocessable($"{path} is not there.", path);

    private sealed record Step(string Op, string Path, string? From, JsonElement Value);
}
