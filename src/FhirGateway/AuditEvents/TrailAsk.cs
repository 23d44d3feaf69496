using System.Globalization;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.AuditEvents;

/// <summary>One line of the records, of a read or of a write.</summary>
internal sealed record TrailRow
{
    public DateTimeOffset At { get; init; }
    public Guid Id { get; init; }
    public string Actor { get; init; } = "";
    public string ActorKind { get; init; } = "";
    public string? Client { get; init; }
    public string? Source { get; init; }
    public string Action { get; init; } = "";
    public string Subject { get; init; } = "";
    public int Outcome { get; init; }
    public bool Read { get; init; }

    /// <summary>The patient as a FHIR reference where there is one.</summary>
    public string? Who { get; init; }
}

/// <summary>The search parameters of AuditEvent that the records answer.</summary>
internal sealed record TrailAsk
{
    public string? Patient { get; init; }
    public string? Entity { get; init; }
    public string? Agent { get; init; }

    /// <summary>C, R, U, D or E (execute: searches, lists, steps of a visit).</summary>
    public string? Action { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    public Guid? Id { get; init; }
    public DateTimeOffset? Before { get; init; }
    public Guid? BeforeId { get; init; }
    public int Count { get; init; } = Interactions.Searching.DefaultCount;

    private static readonly HashSet<string> Answered = ["patient", "entity", "agent", "action", "date"];

    /// <summary>Whether the records are meant; anything else searches AuditEvents that clients stored.</summary>
    public static bool Meant(string query) => Conditions.Parse(query).All(q => Answered.Contains(q.Name) || q.Name is "_count" or "_cursor" or "_format" or "_sort");

    public static Outcome<TrailAsk> Read(IEnumerable<(string Name, string Value)> query, int most)
    {
        var ask = new TrailAsk();
        foreach (var (name, value) in query)
        {
            switch (name)
            {
                case "patient": ask = ask with { Patient = value.Contains('/', StringComparison.Ordinal) ? value : $"Patient/{value}" }; break;
                case "entity": ask = ask with { Entity = value }; break;
                case "agent": ask = ask with { Agent = value }; break;
                case "action": ask = ask with { Action = value }; break;
                case "_count":
                    if (SearchValue.Count(value) is not (> 0 and var count)) return Problem.Invalid("_count must be a positive number.", "_count");
                    ask = ask with { Count = Math.Min(count, most) };
                    break;
                case "_cursor":
                    if (!(value.Split('_') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var t) && t <= DateTimeOffset.MaxValue.UtcTicks && Guid.TryParse(id, out var key)))
                    {
                        return Problem.Invalid("The page link is not one of ours. Start again.", "_cursor");
                    }
                    ask = ask with { Before = new DateTimeOffset(t, TimeSpan.Zero), BeforeId = key };
                    break;
                case "date":
                    var (prefix, text) = SearchValue.Prefix(value);
                    if (DateRange.Parse(text) is not { } range) return Problem.Invalid($"'{value}' is not a date.", "date");
                    ask = prefix switch
                    {
                        "eq" => ask with { From = range.Lo, To = range.Hi },
                        "ge" or "sa" or "gt" => ask with { From = prefix == "ge" ? range.Lo : range.Hi },
                        "le" or "lt" or "eb" => ask with { To = prefix == "le" ? range.Hi : range.Lo },
                        _ => ask,
                    };
                    if (prefix is "ne" or "ap") return Problem.Invalid($"The prefix '{prefix}' is not supported here.", "date", "not-supported");
                    break;
            }
        }
        return ask;
    }
}
