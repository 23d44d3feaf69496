using System.Text.RegularExpressions;

namespace HealthTeams.FhirGateway.Json;

/// <summary>http://hl7.org/fhir/R4/http.html#trules: links of a narrative (a href, img src) follow the ids that entries were given; its text does not.</summary>
internal static partial class NarrativeLinks
{
    /// <param name="target">Where a link leads now; null when it stays.</param>
    public static string Rewrite(string div, Func<string, string?> target) =>
        Link().Replace(div, m => target(m.Groups["to"].Value) is { } to ? $"{m.Groups["before"].Value}{to}{m.Groups["quote"].Value}" : m.Value);

    [GeneratedRegex("""(?<before>\b(?:href|src)\s*=\s*(?<quote>["']))(?<to>[^"'<>]{1,2000})\k<quote>""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Link();
}
