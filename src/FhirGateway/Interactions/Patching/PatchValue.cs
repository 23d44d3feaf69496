using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Json;
using Hl7.Fhir.Introspection;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>The value of a FHIRPath Patch as JSON: value[x], or parts where the element has a type without a name of its own.</summary>
/// <param name="Name">The property it goes to: "deceasedBoolean" for the element deceased.</param>
/// <param name="Beside">What stands beside a primitive: its id and extensions.</param>
internal sealed record PatchValue(string Name, JsonNode? Value, JsonNode? Beside)
{
    /// <param name="element">The element of that name, where it is known.</param>
    /// <returns>Null when there is no value in it, or more than one.</returns>
    public static PatchValue? Of(JsonElement part, string name, PropertyMapping? element, bool chosen = false, ClassMapping? type = null)
    {
        chosen |= element?.Choice == ChoiceType.DatatypeChoice;
        var typed = part.EnumerateObject().Where(p => p.Name.TrimStart('_').StartsWith("value", StringComparison.Ordinal)).ToList();
        var names = typed.Select(p => p.Name.TrimStart('_')["value".Length..]).Distinct().ToList();
        var parts = FhirJson.Items(part, "part").ToList();
        if (parts.Count > 0 && names.Count == 0) return Object(parts, type ?? element?.PropertyTypeMapping) is { } built ? new PatchValue(name, built, null) : null;
        if (names.Count == 0 && part.TryGetProperty("resource", out var resource)) return new PatchValue(name, Node(resource), null);
        if (names is not [{ Length: > 0 } suffix]) return null;
        return new PatchValue(chosen ? name + suffix : name, Find($"value{suffix}"), Find($"_value{suffix}"));

        JsonNode? Find(string property) => part.TryGetProperty(property, out var found) ? Node(found) : null;
    }

    private static JsonObject? Object(List<JsonElement> parts, ClassMapping? type)
    {
        var built = new JsonObject();
        foreach (var part in parts)
        {
            if (FhirJson.Text(part, "name") is not { } name) return null;
            var element = type?.FindMappedElementByName(name);
            if (Of(part, name, element) is not { } value) return null;
            if (element?.IsCollection == true) PatchLists.Insert(built, value.Name, PatchLists.Count(built, value.Name), value);
            else PatchLists.Set(built, value.Name, null, value);
        }
        return built;
    }

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}

/// <summary>Lists in FHIR's JSON: an array of values and, for primitives, one beside it of the same length; neither is ever empty.</summary>
internal static class PatchLists
{
    public static int Count(JsonObject owner, string name) => Math.Max((owner[name] as JsonArray)?.Count ?? 0, (owner["_" + name] as JsonArray)?.Count ?? 0);

    public static void Insert(JsonObject owner, string name, int index, PatchValue value)
    {
        Even(owner, name, always: value.Value is not null, besides: value.Beside is not null);
        (owner[name] as JsonArray)?.Insert(index, value.Value);
        (owner["_" + name] as JsonArray)?.Insert(index, value.Beside);
    }

    public static void Move(JsonObject owner, string name, int from, int to)
    {
        Even(owner, name, always: false, besides: false);
        foreach (var list in (string[])[name, "_" + name])
        {
            if (owner[list] is not JsonArray items) continue;
            var item = items[from];
            items.RemoveAt(from);
            items.Insert(to, item);
        }
    }

    public static void Remove(JsonObject owner, string name, int? index)
    {
        Even(owner, name, always: false, besides: false);
        foreach (var property in (string[])[name, "_" + name])
        {
            if (index is { } i && owner[property] is JsonArray items)
            {
                items.RemoveAt(i);
                if (items.All(x => x is null)) owner.Remove(property);
            }
            else owner.Remove(property);
        }
    }

    public static void Set(JsonObject owner, string name, int? index, PatchValue value)
    {
        if (index is { } i)
        {
            Even(owner, name, always: value.Value is not null, besides: value.Beside is not null);
            if (owner[name] is JsonArray items) items[i] = value.Value;
            if (owner["_" + name] is JsonArray besides) besides[i] = value.Beside;
            foreach (var property in (string[])[name, "_" + name])
            {
                if (owner[property] is JsonArray all && all.All(x => x is null)) owner.Remove(property);
            }
            return;
        }
        if (value.Value is not null) owner[name] = value.Value;
        if (value.Beside is not null) owner["_" + name] = value.Beside;
    }

    /// <summary>In its place, though a choice may be called something else now.</summary>
    public static void Rename(JsonObject owner, string old, PatchValue value)
    {
        var at = owner.IndexOf(old);
        if (at < 0) at = owner.IndexOf("_" + old);
        foreach (var name in (string[])[old, value.Name])
        {
            owner.Remove(name);
            owner.Remove("_" + name);
        }
        at = Math.Min(at, owner.Count);
        if (value.Beside is not null) owner.Insert(at, "_" + value.Name, value.Beside);
        if (value.Value is not null) owner.Insert(at, value.Name, value.Value);
    }

    /// <summary>Both arrays of one length, those that are there or must be.</summary>
    private static void Even(JsonObject owner, string name, bool always, bool besides)
    {
        var count = Count(owner, name);
        if (always && owner[name] is null) owner[name] = new JsonArray();
        if (besides && owner["_" + name] is null) owner["_" + name] = new JsonArray();
        foreach (var property in (string[])[name, "_" + name])
        {
            if (owner[property] is JsonArray items)
            {
                while (items.Count < count) items.Add(null);
            }
        }
    }
}
