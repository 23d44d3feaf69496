using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace HealthTeams.Platform.Callers;

public enum ScopeLevel { Patient, User, System }

/// <summary>
/// One SMART resource scope (SMART-S14): level/Type.cruds?query, or its v1 form (.read = rs, .write = cud, .* = cruds).
/// Letters out of order, twice or unknown are refused: a scope that is not understood grants nothing.
/// </summary>
/// <param name="Type">Resource type or "*".</param>
/// <param name="Interactions">Of "cruds", in that order.</param>
/// <param name="Filter">Query after "?", limiting the scope to resources that match it.</param>
public sealed partial record SmartScope(ScopeLevel Level, string Type, string Interactions, string? Filter)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out SmartScope? scope)
    {
        var match = Grammar().Match(text);
        scope = match.Success && match.Groups["how"].Value switch
        {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            var letters => letters,
        } is { Length: > 0 } interactions && (match.Groups["query"].Value.Length == 0 || IsV2(match.Groups["how"].Value))
            ? new SmartScope(
                Enum.Parse<ScopeLevel>(match.Groups["level"].Value, ignoreCase: true), match.Groups["type"].Value, interactions,
                match.Groups["query"] is { Success: true } q ? q.Value : null)
            : null;
        return scope is not null;
    }

    /// <summary>Whether the scope covers this interaction (one of c r u d s) on this type; the filter is the caller's to apply.</summary>
    public bool Allows(string type, char interaction) =>
        (Type == "*" || Type == type) && Interactions.Contains(interaction, StringComparison.Ordinal);

    /// <summary>Whether everything <paramref name="asked"/> grants is granted by this scope too.</summary>
    public bool Covers(SmartScope asked) =>
        Level == asked.Level && (Type == "*" || Type == asked.Type)
        && asked.Interactions.All(i => Interactions.Contains(i, StringComparison.Ordinal))
        && (Filter is null || Filter == asked.Filter);

    public override string ToString() => $"{Level.ToString().ToLowerInvariant()}/{Type}.{Interactions}{(Filter is null ? "" : "?" + Filter)}";

    private static bool IsV2(string how) => how is not ("read" or "write" or "*");

    [GeneratedRegex(@"^(?<level>patient|user|system)/(?<type>[A-Z][A-Za-z]{1,60}|\*)\.(?<how>read|write|\*|c?r?u?d?s?)(\?(?<query>[^\s?#]{1,500}))?\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Grammar();
}
