using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Json;
using Hl7.Fhir.Introspection;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/fhirpatch.html: add, insert, delete, replace and move, on the JSON itself: what is not named keeps its digits.</summary>
internal static class FhirPathPatch
{
    private const int MaxSteps = 1000;

    public static bool IsOne(JsonElement body) => FhirJson.Text(body, "resourceType") == "Parameters";

    public static Outcome<Func<JsonElement, Outcome<byte[]>>> Prepare(JsonElement parameters)
    {
        var steps = new List<Step>();
        foreach (var operation in FhirJson.Items(parameters, "parameter"))
        {
            var at = $"Parameters.parameter[{steps.Count}]";
            var step = Parse(operation);
            if (!step.Ok) return step.Problem with { Where = at };
            steps.Add(step.Value with { At = at });
        }
        if (steps.Count > MaxSteps) return new Problem(413, "too-long", $"A patch has at most {MaxSteps} operations.");
        if (steps.Count == 0) return Problem.Invalid("A FHIRPath Patch has at least one parameter 'operation'.", "Parameters.parameter", "required");
        return (Func<JsonElement, Outcome<byte[]>>)(resource => Apply(resource, steps));
    }

    private static Outcome<Step> Parse(JsonElement operation)
    {
        if (FhirJson.Text(operation, "name") != "operation") return Problem.Invalid("Every parameter of a FHIRPath Patch is named 'operation'.");
        var parts = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var part in FhirJson.Items(operation, "part"))
        {
            if (FhirJson.Text(part, "name") is not { } called || !parts.TryAdd(called, part)) return Problem.Invalid("Each part has a name, and no name comes twice.");
        }
        var type = Text(parts, "type");
        if (type is not ("add" or "insert" or "delete" or "replace" or "move")) return Problem.Invalid($"'{type}' is not add, insert, delete, replace or move.");
        if (Text(parts, "path") is not { } text) return Problem.Invalid($"'{type}' needs a path.", code: "required");
        var path = PatchPath.Parse(text);
        if (!path.Ok) return path.Problem;
        if (type == "add" && Text(parts, "name") is null) return Problem.Invalid("'add' needs the name of the element.", code: "required");
        if (type is "add" or "insert" or "replace" && !parts.ContainsKey("value")) return Problem.Invalid($"'{type}' needs a value.", code: "required");
        if (type is "insert" && Number(parts, "index") is null) return Problem.Invalid("'insert' needs an index.", code: "required");
        if (type is "move" && (Number(parts, "source") is null || Number(parts, "destination") is null)) return Problem.Invalid("'move' needs source and destination.", code: "required");
        if (type is "insert" or "move" && path.Value.Split() is null) return Problem.Invalid($"The path of '{type}' ends with the name of a list.");
        return new Step(type, path.Value, Text(parts, "name"), parts.GetValueOrDefault("value"), Number(parts, "index") ?? 0, Number(parts, "source") ?? 0, Number(parts, "destination") ?? 0, "");
    }

    private static string? Text(Dictionary<string, JsonElement> parts, string name) =>
        parts.TryGetValue(name, out var part) ? FhirJson.Text(part, "valueString") ?? FhirJson.Text(part, "valueCode") : null;

    private static int? Number(Dictionary<string, JsonElement> parts, string name)
    {
        if (!parts.TryGetValue(name, out var part)) return null;
        foreach (var property in (string[])["valueInteger", "valueUnsignedInt", "valuePositiveInt"])
        {
            if (part.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n >= 0) return n;
        }
        return null;
    }

    private static Outcome<byte[]> Apply(JsonElement resource, List<Step> steps)
    {
        var root = JsonNode.Parse(resource.GetRawText())!.AsObject();
        foreach (var step in steps)
        {
            var no = step.Type switch { "add" => Add(root, step), "insert" => Insert(root, step), "delete" => Delete(root, step), "replace" => Replace(root, step), _ => Move(root, step) };
            if (no is not null) return no with { Where = step.At };
        }
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    private static Problem? Add(JsonObject root, Step step)
    {
        if (One(root, step.Path, out var parent) is { } no) return no;
        if (parent.Inside is not { } inside) return Cannot(step, "is no element that has others in it");
        if (Servers(root, inside, step.Name!)) return Untouchable(step.Name!);
        if (parent.Class?.FindMappedElementByName(step.Name!) is not { } element) return Cannot(step, $"has no element '{step.Name}'");
        if (PatchValue.Of(step.Value, step.Name!, element) is not { } value) return NoValue(step);
        if (!element.IsCollection)
        {
            if (parent.Children(step.Name!).Any()) return Cannot(step, $"has '{step.Name}' already; use replace");
            PatchLists.Set(inside, value.Name, null, value);
            return null;
        }
        PatchLists.Insert(inside, value.Name, PatchLists.Count(inside, value.Name), value);
        return null;
    }

    private static Problem? Insert(JsonObject root, Step step)
    {
        if (List(root, step, out var inside, out var name, out var element) is { } no) return no;
        if (PatchValue.Of(step.Value, name, element) is not { } value) return NoValue(step);
        var count = PatchLists.Count(inside, name);
        if (step.Index > count) return Cannot(step, $"has {count} items: there is no place {step.Index}");
        PatchLists.Insert(inside, name, step.Index, value);
        return null;
    }

    private static Problem? Move(JsonObject root, Step step)
    {
        if (List(root, step, out var inside, out var name, out _) is { } no) return no;
        var count = PatchLists.Count(inside, name);
        if (step.Source >= count || step.Destination >= count) return Cannot(step, $"has {count} items, counted from 0");
        PatchLists.Move(inside, name, step.Source, step.Destination);
        return null;
    }

    private static Problem? Delete(JsonObject root, Step step)
    {
        var found = Spot.Walk(root, step.Path);
        if (found.Count == 0) return null;
        if (One(root, step.Path, out var spot) is { } no) return no;
        if (spot.Owner is not { } owner) return Cannot(step, "is the whole resource; use DELETE");
        if (Servers(root, owner, spot.Name)) return Untouchable(spot.Name);
        PatchLists.Remove(owner, spot.Name, spot.Index);
        return null;
    }

    private static Problem? Replace(JsonObject root, Step step)
    {
        if (One(root, step.Path, out var spot) is { } no) return no;
        if (spot.Owner is not { } owner) return Cannot(step, "is the whole resource; use PUT");
        if (Servers(root, owner, spot.Name)) return Untouchable(spot.Name);
        var name = step.Path.Steps.OfType<PathStep.Child>().LastOrDefault()?.Name is { } last && Spot.IsChoice(spot.Name, last) ? last : spot.Name;
        if (PatchValue.Of(step.Value, name, null, chosen: name != spot.Name, spot.Class) is not { } value) return NoValue(step);
        if (spot.Index is { } i) PatchLists.Set(owner, spot.Name, i, value);
        else PatchLists.Rename(owner, spot.Name, value);
        return null;
    }

    private static Problem? List(JsonObject root, Step step, out JsonObject inside, out string name, out PropertyMapping element)
    {
        var (parent, last) = step.Path.Split()!.Value;
        (inside, name, element) = (root, last, null!);
        if (One(root, parent, out var spot) is { } no) return no;
        if (spot.Inside is not { } found || spot.Class?.FindMappedElementByName(last) is not { IsCollection: true } list) return Cannot(step, "is not a list");
        (inside, element) = (found, list);
        return null;
    }

    private static Problem? One(JsonObject root, PatchPath path, out Spot spot)
    {
        var found = Spot.Walk(root, path);
        spot = found.Count > 0 ? found[0] : null!;
        return found.Count switch
        {
            1 => null,
            0 => Problem.Unprocessable($"The path '{path.Text}' leads to nothing in this resource.", code: "not-found"),
            var n => Problem.Unprocessable($"The path '{path.Text}' leads to {n} elements; it must lead to one.", code: "multiple-matches"),
        };
    }

    private static bool Servers(JsonObject root, JsonObject owner, string name) =>
        ReferenceEquals(owner, root) ? name is "id" or "resourceType" : ReferenceEquals(owner, root["meta"]) && name is "versionId" or "lastUpdated";

    private static Problem Untouchable(string name) => Problem.Invalid($"'{name}' is the server's.");
    private static Problem Cannot(Step step, string why) => Problem.Unprocessable($"'{step.Path.Text}' {why}.");
    private static Problem NoValue(Step step) => Problem.Invalid($"The value of '{step.Type}' is one value[x], parts that each have a name, or a resource.");

    private sealed record Step(string Type, PatchPath Path, string? Name, JsonElement Value, int Index, int Source, int Destination, string At);
}
