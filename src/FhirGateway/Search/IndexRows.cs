using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

internal readonly record struct TokenRow(int Param, string? System, string Code);
internal readonly record struct StringRow(int Param, string Norm, string Exact);
internal readonly record struct DateRow(int Param, DateTimeOffset Lo, DateTimeOffset Hi);
internal readonly record struct ReferenceRow(int Param, short? TargetType, string TargetId);
internal readonly record struct QuantityRow(int Param, decimal Lo, decimal Hi, string? System, string? Code);
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

    public static IndexRows Of(string type, JsonElement resource)
    {
        var rows = new IndexRows();
        foreach (var parameter in SearchParameters.Of(type))
        {
            foreach (var path in parameter.Paths)
            {
                foreach (var value in path.Walk(resource)) rows.Add(parameter, path, value);
            }
        }
        return rows;
    }

    private void Add(Parameter p, ElementPath path, JsonElement value)
    {
        switch (p.Kind)
        {
            case ParameterKind.Token: AddToken(p.Number, value); break;
            case ParameterKind.String: AddString(p.Number, value); break;
            case ParameterKind.Date: AddDate(p.Number, value); break;
            case ParameterKind.Reference: AddReference(p.Number, path.OnlyTarget, value); break;
            case ParameterKind.Quantity or ParameterKind.Number: AddQuantity(p.Number, value); break;
            case ParameterKind.Uri: if (value.ValueKind == JsonValueKind.String) Uris.Add(new(p.Number, Cut(value.GetString()!))); break;
        }
    }

    /// <summary>code, boolean, Coding, CodeableConcept, Identifier, ContactPoint: told apart by their shape.</summary>
    private void AddToken(int param, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String: Tokens.Add(new(param, null, Cut(value.GetString()!))); break;
            case JsonValueKind.True: Tokens.Add(new(param, null, "true")); break;
            case JsonValueKind.False: Tokens.Add(new(param, null, "false")); break;
            case JsonValueKind.Object when value.TryGetProperty("coding", out var codings) && codings.ValueKind == JsonValueKind.Array:
                foreach (var coding in codings.EnumerateArray()) AddToken(param, coding);
                break;
            case JsonValueKind.Object:
                var code = Text(value, "code") ?? Text(value, "value");
                if (code is not null) Tokens.Add(new(param, Text(value, "system") is { } system ? Cut(system) : null, Cut(code)));
                break;
        }
    }

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

    private void AddReference(int param, string? onlyTarget, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : Text(value, "reference");
        if (text is null) return;
        var (type, id) = Reference.Split(text);
        if (onlyTarget is not null && type != onlyTarget) return;
        References.Add(new(param, type is null ? null : ResourceTypes.NumberOrNone(type), Cut(id)));
    }

    private void AddQuantity(int param, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (NumberRange.Parse(value.GetRawText()) is { } n) Quantities.Add(new(param, n.Lo, n.Hi, null, null));
            return;
        }
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("value", out var number) || number.ValueKind != JsonValueKind.Number) return;
        if (NumberRange.Parse(number.GetRawText()) is not { } range) return;
        Quantities.Add(new(param, range.Lo, range.Hi, Text(value, "system"), Text(value, "code") ?? Text(value, "unit") ?? Text(value, "currency")));
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

    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
}

/// <summary>A number is the span its precision leaves open: 5.4 is [5.35, 5.45). http://hl7.org/fhir/R4/search.html#number</summary>
internal readonly record struct NumberRange(decimal Lo, decimal Hi, decimal Value)
{
    public static NumberRange? Parse(string text)
    {
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) return null;
        var mantissa = text.Split('e', 'E')[0];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var decimals = point < 0 ? 0 : mantissa.Length - point - 1;
        if (text.Length > mantissa.Length && int.TryParse(text[(mantissa.Length + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent)) decimals -= exponent;
        if (decimals is < -20 or > 25 || Math.Abs(value) > 1e27m) return new NumberRange(value, value, value);
        var half = 0.5m;
        for (var i = 0; i < decimals; i++) half /= 10;
        for (var i = 0; i > decimals; i--) half *= 10;
        return new NumberRange(value - half, value + half, value);
    }
}

/// <summary>"Patient/1", "Patient/1/_history/2", "http://other/fhir/Patient/1" (kept whole), "urn:uuid:…", "#c".</summary>
internal static class Reference
{
    /// <summary>A reference by our own absolute address means the same as the relative one.</summary>
    public static string Local(string reference, string server) =>
        reference.Length > server.Length && reference[server.Length] == '/' && reference.StartsWith(server, StringComparison.Ordinal) ? reference[(server.Length + 1)..] : reference;

    public static (string? Type, string Id) Split(string reference)
    {
        if (reference.StartsWith('#') || reference.StartsWith("urn:", StringComparison.Ordinal) || reference.Contains("://", StringComparison.Ordinal)) return (null, reference);
        var parts = reference.Split('/');
        return parts.Length >= 2 && ResourceTypes.Known(parts[0]) ? (parts[0], parts[1]) : (null, reference);
    }
}
