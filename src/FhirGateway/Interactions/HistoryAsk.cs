using System.Globalization;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>What a history request asks for. http://hl7.org/fhir/R4/http.html#history</summary>
internal sealed record HistoryAsk
{
    public int Count { get; private init; } = Searching.DefaultCount;
    public DateTimeOffset? Since { get; private init; }
    public DateTimeOffset? Before { get; private init; }

    /// <summary>_at: versions that were current at some time of this span.</summary>
    public DateRange? At { get; private init; }
    public bool OldestFirst { get; private init; }
    public bool Total { get; private init; }
    public bool OnlyTotal { get; private init; }
    public (DateTimeOffset Updated, long Seq)? Cursor { get; private init; }
    public bool Narrowed => Since is not null || Before is not null || At is not null || Cursor is not null;

    public static Outcome<HistoryAsk> Read(string query, DateTimeOffset now, bool strict, int most)
    {
        var ask = new HistoryAsk { Count = Math.Min(Searching.DefaultCount, most) };
        foreach (var (name, value) in Conditions.Parse(query))
        {
            switch (name)
            {
                case "_count":
                    if (SearchValue.Count(value) is not > 0) return Problem.Invalid("_count must be a positive number.", "_count");
                    ask = ask with { Count = Math.Min(SearchValue.Count(value)!.Value, most) };
                    break;
                case "_since":
                    if (DateRange.Parse(value) is not { } since) return Problem.Invalid($"'{value}' is not an instant.", "_since");
                    ask = ask with { Since = since.Lo };
                    break;
                case "_before":
                    if (DateRange.Parse(value) is not { } before) return Problem.Invalid($"'{value}' is not an instant.", "_before");
                    if (before.Lo > now) return Problem.Invalid("_before lies in the future: pages would change while they are read.", "_before");
                    ask = ask with { Before = before.Lo };
                    break;
                case "_at":
                    if (DateRange.Parse(value) is not { } at) return Problem.Invalid($"'{value}' is not a date or time.", "_at");
                    ask = ask with { At = at };
                    break;
                case "_sort":
                    if (value is not ("_lastUpdated" or "-_lastUpdated" or "none")) return Problem.Invalid($"A history is sorted by -_lastUpdated (newest first) or _lastUpdated, not '{value}'.", "_sort");
                    ask = ask with { OldestFirst = value == "_lastUpdated" };
                    break;
                case "_total":
                    if (value is not ("none" or "estimate" or "accurate")) return Problem.Invalid("_total is none, estimate or accurate.", "_total");
                    ask = ask with { Total = ask.Total || value != "none" };
                    break;
                case "_summary":
                    if (value is not ("count" or "false")) return Problem.Invalid("A history has _summary=count or false.", "_summary", "not-supported");
                    ask = ask with { Total = ask.Total || value == "count", OnlyTotal = value == "count" };
                    break;
                case "_cursor":
                    if (Unmark(value) is not { } mark) return Problem.Invalid("The page link is not one of ours. Start again.", "_cursor");
                    ask = ask with { Cursor = mark };
                    break;
                case "_format" or "_pretty":
                    break;
                default:
                    if (strict) return Problem.Invalid($"A history has no parameter '{name}'; it has _since, _before, _at, _count, _sort, _total and _summary=count.", name, "not-supported");
                    break;
            }
        }
        if (ask.At is not null && (ask.Since ?? ask.Before) is not null) return Problem.Invalid("_at does not go with _since or _before.", "_at");
        if (ask.Since >= ask.Before) return Problem.Invalid("_since is not earlier than _before: there is nothing between them.", "_since");
        return ask;
    }

    /// <summary>Where a page ended.</summary>
    public static string Mark(DateTimeOffset updated, long seq) => $"{updated.UtcTicks.ToString(CultureInfo.InvariantCulture)}_{seq.ToString(CultureInfo.InvariantCulture)}";

    private static (DateTimeOffset, long)? Unmark(string text) =>
        text.Split('_') is [var ticks, var seq] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t <= DateTimeOffset.MaxValue.UtcTicks
        && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var s) ? (new DateTimeOffset(t, TimeSpan.Zero), s) : null;
}
