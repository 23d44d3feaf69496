using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <param name="Text">What :text searches: display, or the text beside the codes.</param>
internal readonly record struct TokenRow(int Param, string? System, string Code, string? Text);
internal readonly record struct StringRow(int Param, string Norm, string Exact);
internal readonly record struct DateRow(int Param, DateTimeOffset Lo, DateTimeOffset Hi);
internal readonly record struct ReferenceRow(int Param, short? TargetType, string TargetId);

/// <param name="Lo">The span its digits leave open: [Lo, Hi).</param>
/// <param name="Low">The value itself; of a Range its two ends.</param>
internal readonly record struct QuantityRow(int Param, decimal Lo, decimal Hi, decimal Low, decimal High, string? System, string? Code, string? Unit);
internal readonly record struct UriRow(int Param, string Value);

/// <summary>What the index tables hold of one version of one resource; sets, so that an update writes only the difference.</summary>
internal sealed class IndexRows
{
    private const int LongestBytes = 1000; // two of them fit a b-tree entry; longer values are found by their beginning

    public HashSet<TokenRow> Tokens { get; } = [];
    public HashSet<StringRow> Strings { get; } = [];
    public HashSet<DateRow> Dates { get; } = [];
    public HashSet<ReferenceRow> References { get; } = [];
    public HashSet<QuantityRow> Quantities { get; } = [];
    public HashSet<UriRow> Uris { get; } = [];
    public HashSet<CompositeRow> Composites { get; } = [];

    public static IndexRows Of(string type, JsonElement resource) => Of(resource, SearchParameters.Indexed(type));

    public static IndexRows Of(JsonElement resource, IReadOnlyList<Parameter> parameters)
    {
        var rows = new IndexRows();
        foreach (var parameter in parameters)
        {
            foreach (var path in parameter.Paths)
            {
                foreach (var value in path.Walk(resource))
                {
                    if (parameter.Kind == ParameterKind.Composite) rows.Composites.UnionWith(CompositeRow.Of(parameter, value, resource));
                    else rows.Add(parameter, path.OnlyTarget, value);
                }
            }
        }
        return rows;
    }

    public void Add(Parameter p, string? onlyTarget, JsonElement value)
    {
        switch (p.Kind)
        {
            case ParameterKind.Token: AddToken(p, value); break;
            case ParameterKind.String: AddString(p.Number, value); break;
            case ParameterKind.Date: AddDate(p.Number, value); break;
            case ParameterKind.Reference: AddReference(p, onlyTarget, value); break;
            case ParameterKind.Quantity or ParameterKind.Number: AddQuantity(p.Number, value); break;
            case ParameterKind.Special: AddPosition(p.Number, value); break;
            case ParameterKind.Uri: if (value.ValueKind == JsonValueKind.String) Uris.Add(new(p.Number, Cut(value.GetString()!))); break;
        }
    }

    /// <summary>code, boolean, Coding, CodeableConcept, Identifier, ContactPoint: told apart by their shape.</summary>
    private void AddToken(Parameter p, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String: Tokens.Add(new(p.Number, null, Cut(value.GetString()!), null)); break;
            case JsonValueKind.True: Tokens.Add(new(p.Number, null, "true", null)); break;
            case JsonValueKind.False: Tokens.Add(new(p.Number, null, "false", null)); break;
            case JsonValueKind.Object when value.TryGetProperty("coding", out _) || (value.TryGetProperty("text", out _) && !value.TryGetProperty("value", out _)): AddConcept(p, value); break;
            case JsonValueKind.Object:
                var system = Text(value, "system") is { } s ? Cut(s) : null;
                var type = value.TryGetProperty("type", out var t) && t.ValueKind == JsonValueKind.Object ? t : default;
                var said = Text(value, "display") ?? Text(type, "text") ?? Codings(type).Select(c => Text(c, "display")).FirstOrDefault(d => d is not null);
                var code = Text(value, "code") ?? Text(value, "value");
                if (code is null && said is null && system is null) break;
                Tokens.Add(new(p.Number, system, Cut(code ?? ""), said is null ? null : Normalize(said)));
                if (code is null) break;
                foreach (var coding in Codings(type))
                {
                    if (Text(coding, "code") is { } kind) Tokens.Add(new(p.OfType, Cut($"{Text(coding, "system")}|{kind}"), Cut(code), null));
                }
                break;
        }
    }

    /// <summary>The text of a concept rides on a coding without display; with none to ride on it has a row of its own.</summary>
    private void AddConcept(Parameter p, JsonElement concept)
    {
        var text = Text(concept, "text") is { } t ? Normalize(t) : null;
        var told = text is null;
        foreach (var coding in Codings(concept))
        {
            var display = Text(coding, "display") is { } d ? Normalize(d) : null;
            if (Text(coding, "code") is not { } code && display is null) continue;
            code = Text(coding, "code") ?? "";
            Tokens.Add(new(p.Number, Text(coding, "system") is { } system ? Cut(system) : null, Cut(code), display ?? (told ? null : text)));
            told |= display is null || display == text;
        }
        if (!told) Tokens.Add(new(p.Number, null, "", text));
    }

    private static IEnumerable<JsonElement> Codings(JsonElement concept) =>
        concept.ValueKind == JsonValueKind.Object && concept.TryGetProperty("coding", out var codings) && codings.ValueKind == JsonValueKind.Array ? codings.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.Object) : [];

    private void AddString(int param, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = value.GetString()!;
            Strings.Add(new(param, Normalize(text), Cut(text)));
            return;
        }
        if (value.ValueKind != JsonValueKind.Object) return;
        // HumanName and Address: every part is searched.
        foreach (var part in value.EnumerateObject())
        {
            if (part.Name is "use" or "type" or "period" or "system" or "extension" or "id") continue;
            if (part.Value.ValueKind == JsonValueKind.String) AddString(param, part.Value);
            else if (part.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in part.Value.EnumerateArray())
                {
                    if (item.ValueKind == JsonValueKind.String) AddString(param, item);
                }
            }
        }
    }

    private void AddDate(int param, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            if (DateRange.Parse(value.GetString()!) is { } range) Dates.Add(new(param, range.Lo, range.Hi));
            return;
        }
        if (value.ValueKind != JsonValueKind.Object) return;
        if (value.TryGetProperty("event", out var events) && events.ValueKind == JsonValueKind.Array)
        {
            foreach (var e in events.EnumerateArray()) AddDate(param, e);
        }
        if (value.TryGetProperty("repeat", out var repeat) && repeat.ValueKind == JsonValueKind.Object && repeat.TryGetProperty("boundsPeriod", out var bounds)) AddDate(param, bounds);
        var start = Text(value, "start") is { } s ? DateRange.Parse(s) : null;
        var end = Text(value, "end") is { } e2 ? DateRange.Parse(e2) : null;
        if (start is null && end is null) return;
        var lo = start?.Lo ?? DateRange.Beginning;
        Dates.Add(new(param, lo, end is { } until && until.Hi >= lo ? until.Hi : DateRange.End));
    }

    private void AddReference(Parameter p, string? onlyTarget, JsonElement value)
    {
        // The first entry of a document or message is a resource, not a reference to one.
        if (value.ValueKind == JsonValueKind.Object && Text(value, "resourceType") is { } contained && Text(value, "id") is { } own)
        {
            if (ResourceTypes.NumberOrNone(contained) is { } number) References.Add(new(p.Number, number, Cut(own)));
            return;
        }
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind == JsonValueKind.Object ? Text(value, "reference") : null;
        var said = value.ValueKind == JsonValueKind.Object ? Text(value, "type") : null;
        var (type, id) = text is null ? (said, null) : Reference.Split(text);
        if (onlyTarget is not null && (type ?? said) != onlyTarget) return;
        if (id is not null) References.Add(new(p.Number, type is null ? null : ResourceTypes.NumberOrNone(type), Cut(id)));
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("identifier", out var identifier) && identifier.ValueKind == JsonValueKind.Object && Text(identifier, "value") is { } known)
        {
            Tokens.Add(new(p.Identifier, Text(identifier, "system") is { } system ? Cut(system) : null, Cut(known), null));
        }
    }

    private void AddQuantity(int param, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (NumberRange.Parse(value.GetRawText()) is { } n) Quantities.Add(new(param, n.Lo, n.Hi, n.Value, n.Value, null, null, null));
            return;
        }
        if (value.ValueKind != JsonValueKind.Object) return;
        var (low, high) = (Amount(value, "low"), Amount(value, "high"));
        if (low is not null || high is not null)
        {
            var unit = value.GetProperty(low is null ? "high" : "low");
            Quantities.Add(new(param, low?.Lo ?? -Endless, high?.Hi ?? Endless, low?.Value ?? -Endless, high?.Value ?? Endless, Text(unit, "system"), Text(unit, "code") ?? Text(unit, "unit"), Text(unit, "unit")));
            return;
        }
        if (value.TryGetProperty("origin", out var origin) && origin.ValueKind == JsonValueKind.Object) value = origin; // SampledData
        if (!value.TryGetProperty("value", out var number) || number.ValueKind != JsonValueKind.Number || NumberRange.Parse(number.GetRawText()) is not { } range) return;
        Quantities.Add(new(param, range.Lo, range.Hi, range.Value, range.Value, Text(value, "system"), Text(value, "code") ?? Text(value, "unit") ?? Text(value, "currency"), Text(value, "unit")));
    }

    private const decimal Endless = 1e28m; // a Range that is open at one side

    private static NumberRange? Amount(JsonElement range, string end) =>
        range.TryGetProperty(end, out var quantity) && quantity.ValueKind == JsonValueKind.Object && quantity.TryGetProperty("value", out var number) && number.ValueKind == JsonValueKind.Number
            ? NumberRange.Parse(number.GetRawText()) : null;

    /// <summary>Location.near: latitude in low, longitude in high.</summary>
    private void AddPosition(int param, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("latitude", out var lat) || !value.TryGetProperty("longitude", out var lon)) return;
        if (lat.ValueKind == JsonValueKind.Number && lon.ValueKind == JsonValueKind.Number && lat.TryGetDecimal(out var north) && lon.TryGetDecimal(out var east)) Quantities.Add(new(param, north, north, north, east, null, null, null));
    }

    /// <summary>Case and accents do not count: "Müller" is found by "muller". http://hl7.org/fhir/R4/search.html#string</summary>
    public static string Normalize(string text)
    {
        var decomposed = Cut(text).Normalize(NormalizationForm.FormD);
        var kept = new StringBuilder(decomposed.Length);
        foreach (var c in decomposed)
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark) kept.Append(char.ToLowerInvariant(c));
        }
        return Cut(kept.ToString()); // decomposed text can be longer
    }

    /// <summary>At most so many bytes of UTF-8, never half a character.</summary>
    public static string Cut(string text)
    {
        if (text.Length <= LongestBytes / 3) return text;
        Span<byte> bytes = stackalloc byte[LongestBytes];
        Utf8.FromUtf16(text, bytes, out var read, out _);
        return read == text.Length ? text : text[..read];
    }

    private static string? Text(JsonElement e, string name) => e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
}
