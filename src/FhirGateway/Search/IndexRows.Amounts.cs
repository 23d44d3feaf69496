using System.Text.Json;

namespace HealthTeams.FhirGateway.Search;

/// <summary>Numbers, quantities, ranges and positions as rows of fhir.quantity.</summary>
internal sealed partial class IndexRows
{
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
}
