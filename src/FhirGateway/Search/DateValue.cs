namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// A date with its prefix as a condition on [lo, hi). http://hl7.org/fhir/R4/search.html#prefix: lo inclusive, hi exclusive on both sides.
/// </summary>
internal sealed class DateValue(SqlArgs args, string prefix, DateRange range, TimeSpan width)
{
    // Parameters are made when they are asked for: a statement must not have some that it does not mention.
    private readonly Lazy<string> from = new(() => args.Add(range.Lo));
    private readonly Lazy<string> to = new(() => args.Add(range.Hi));
    private readonly Lazy<string> hiFrom = new(() => args.Add(range.Lo - width));
    private readonly Lazy<string> hiTo = new(() => args.Add(range.Hi - width));
    private readonly Lazy<string> dayBefore = new(() => args.Add(range.Lo - (range.Lo > DateRange.Beginning.AddDays(1) ? TimeSpan.FromDays(1) : TimeSpan.Zero)));

    /// <param name="width">How far hi lies beyond its column: compared to the value, so that an index on the column serves.</param>
    public static DateValue? Read(SqlArgs args, string raw, TimeSpan width = default)
    {
        var (prefix, text) = SearchValue.Prefix(raw);
        // A "+" that was not escaped arrives as a space; no date has another.
        return DateRange.Parse(SearchValue.Unescape(text).Replace(' ', '+')) is { } d && d.Lo - width >= DateRange.Beginning ? new DateValue(args, prefix, d, width) : null;
    }

    public string Condition(string lo, string hi) => prefix switch
    {
        "eq" => $"({lo} >= {from.Value} and {hi} <= {To})",
        "ne" => $"({lo} < {from.Value} or {hi} > {To})",
        "gt" => $"{hi} > {To}",
        "lt" => $"{lo} < {from.Value}",
        "ge" => $"({hi} > {To} or ({lo} >= {from.Value} and {hi} <= {To}))",
        "le" => $"({lo} < {from.Value} or ({lo} >= {from.Value} and {hi} <= {To}))",
        "sa" => $"{lo} >= {to.Value}",
        "eb" => $"{hi} <= {From}",
        _ => $"({lo} < {to.Value} and {hi} > {From})", // ap: they overlap
    };

    private string From => width == default ? from.Value : hiFrom.Value;
    private string To => width == default ? to.Value : hiTo.Value;

    /// <summary>lo is at least this, whatever matches.</summary>
    public string? LoMin => prefix switch { "eq" => from.Value, "sa" => to.Value, _ => null };

    /// <summary>lo is below this.</summary>
    public string? LoMax => prefix switch { "eq" or "le" or "ap" => to.Value, "lt" or "eb" => from.Value, _ => null };

    /// <summary>hi is above this; what is no longer than a day then begins at most a day before.</summary>
    public (string Hi, string DayBefore)? HiMin => prefix switch { "ge" or "gt" or "ap" => (from.Value, dayBefore.Value), _ => null };
}
