using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// The FHIRPath that R4's search parameters use, compiled to a walk over JSON: paths, choice elements, "as", one
/// equality in where(), where(resolve() is T). Anything else compiles to nothing and is not offered.
/// </summary>
internal sealed partial class ElementPath
{
    private static readonly string[] ChoiceTypes =
    [
        "Boolean", "DateTime", "Date", "Instant", "Period", "Timing", "String", "Code", "CodeableConcept", "Coding", "Quantity", "Range", "Age", "Integer",
        "Decimal", "Reference", "Uri", "Canonical", "Url", "Identifier", "Time", "Ratio", "SampledData", "Duration", "Markdown", "Money", "Base64Binary", "Attachment",
    ];

    private readonly Step[] steps;

    /// <summary>Set when only references to this type count: where(resolve() is Patient).</summary>
    public string? OnlyTarget { get; }

    private ElementPath(Step[] steps, string? onlyTarget) => (this.steps, OnlyTarget) = (steps, onlyTarget);

    public IReadOnlyList<string> Names => [.. steps.Select(s => s.Name)];

    private readonly record struct Step(string Name, string? As, string? WhereName, string? WhereValue);

    public static IReadOnlyList<ElementPath> Compile(string type, string expression) =>
        [.. expression.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(e => One(type, e)).OfType<ElementPath>()];

    private static ElementPath? One(string type, string expression)
    {
        var text = expression.Trim();
        string? asType = null, onlyTarget = null;
        if (Resolve().Match(text) is { Success: true } resolve)
        {
            onlyTarget = resolve.Groups[1].Value;
            text = text[..resolve.Index];
        }
        while (text.StartsWith('(') && text.EndsWith(')')) text = text[1..^1].Trim();
        if (AsOperator().Match(text) is { Success: true } cast)
        {
            asType = cast.Groups[1].Value;
            text = text[..cast.Index].Trim().Trim('(', ')');
        }
        text = AsFunction().Replace(text, m => { asType = m.Groups[1].Value; return ""; });
        text = text.Replace(".exists()", "", StringComparison.Ordinal);
        if (char.IsAsciiLetterLower(text[0])) text = $"{type}.{text}"; // relative, as in InsurancePlan.name
        var head = text.IndexOf('.', StringComparison.Ordinal);
        if (head < 0 || (text[..head] != type && text[..head] is not ("Resource" or "DomainResource"))) return null;
        var steps = new List<Step>();
        foreach (Match part in Part().Matches(text[(head + 1)..]))
        {
            steps.Add(new Step(part.Groups["name"].Value, null,
                part.Groups["where"].Success ? part.Groups["where"].Value : null, part.Groups["value"].Success ? part.Groups["value"].Value : null));
        }
        if (steps.Count == 0 || !Whole().IsMatch(text[(head + 1)..])) return null;
        if (asType is not null) steps[^1] = steps[^1] with { As = char.ToUpperInvariant(asType[0]) + asType[1..] };
        return new ElementPath([.. steps], onlyTarget);
    }

    public IEnumerable<JsonElement> Walk(JsonElement resource) => Walk(resource, 0);

    private IEnumerable<JsonElement> Walk(JsonElement element, int at)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                foreach (var found in Walk(item, at)) yield return found;
            }
            yield break;
        }
        if (at > 0 && steps[at - 1] is { WhereName: { } where } step && !Matches(element, where, step.WhereValue)) yield break;
        if (at == steps.Length)
        {
            if (element.ValueKind != JsonValueKind.Null) yield return element;
            yield break;
        }
        if (element.ValueKind != JsonValueKind.Object) yield break;
        var next = steps[at];
        if (next.As is { } only)
        {
            if (element.TryGetProperty(next.Name + only, out var chosen) || element.TryGetProperty(next.Name, out chosen))
            {
                foreach (var found in Walk(chosen, at + 1)) yield return found;
            }
            yield break;
        }
        if (element.TryGetProperty(next.Name, out var value))
        {
            foreach (var found in Walk(value, at + 1)) yield return found;
            yield break;
        }
        foreach (var property in element.EnumerateObject())
        {
            if (!IsChoice(property.Name, next.Name)) continue;
            foreach (var found in Walk(property.Value, at + 1)) yield return found;
        }
    }

    private static bool IsChoice(string property, string name) =>
        property.Length > name.Length && property.StartsWith(name, StringComparison.Ordinal) && ChoiceTypes.Contains(property[name.Length..]);

    private static bool Matches(JsonElement element, string name, string? value) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var actual)
        && (actual.ValueKind == JsonValueKind.String ? actual.GetString() == value : actual.GetRawText() == value);

    [GeneratedRegex(@"\.where\(resolve\(\) is (\w+)\)$")]
    private static partial Regex Resolve();

    [GeneratedRegex(@"\s+as\s+(\w+)\)?$")]
    private static partial Regex AsOperator();

    [GeneratedRegex(@"\.(?:as|ofType)\((\w+)\)")]
    private static partial Regex AsFunction();

    [GeneratedRegex(@"(?<name>[a-zA-Z]+)(?:\[0\])?(?:\.where\((?<where>\w+)\s*=\s*'?(?<value>[^')]+)'?\))?")]
    private static partial Regex Part();

    [GeneratedRegex(@"^[a-zA-Z]+(\[0\])?(\.where\(\w+\s*=\s*'?[^')]+'?\))?(\.[a-zA-Z]+(\[0\])?(\.where\(\w+\s*=\s*'?[^')]+'?\))?)*$")]
    private static partial Regex Whole();
}
