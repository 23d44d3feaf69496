using System.Globalization;

namespace HealthTeams.FhirGateway.Search;

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
