// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
using System.Text.RegularExpressions;

namespace EhrSim;

internal enum Reach { Nothing, LaunchPatient, Everything }

internal sealed record SmartScope(string Level, string Type, string Letters);

/// <summary>The scopes of one token, v1 and v2 alike.</summary>
internal sealed partial class SmartScopes
{
    private static readonly string[] PlainScopes =
        ["openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "online_access", "offline_access"];

    private readonly HashSet<string> plain;
    private readonly List<SmartScope> rights;

    public SmartScopes(string text)
    {
        Text = text;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        plain = [.. words];
        rights = [.. words.Select(Parse).OfType<SmartScope>()];
    }

    public string Text { get; }
    public bool Has(string scope) => plain.Contains(scope);

    /// <summary>How far a token reaches for one letter (c r u d s) on one type. A patient's user/ rights end at that patient.</summary>
    public Reach On(string type, char letter, bool userIsPatient)
    {
        var reach = Reach.Nothing;
        foreach (var right in rights.Where(r => (r.Type == "*" || r.Type == type) && r.Letters.Contains(letter)))
        {
            if (right.Level != "patient" && !(right.Level == "user" && userIsPatient)) return Reach.Everything;
            reach = Reach.LaunchPatient;
        }
        return reach;
    }

    /// <summary>What is granted of what was asked. Scopes with a query are refused: granting them unenforced would be a lie.</summary>
    public static string Grant(string asked, bool backend)
    {
        var words = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct();
        return string.Join(' ', words.Where(w => backend
            ? Parse(w)?.Level == "system"
            : PlainScopes.Contains(w) || Parse(w)?.Level is "patient" or "user"));
    }

    public static SmartScope? Parse(string word)
    {
        var match = Grammar().Match(word);
        if (!match.Success) return null;
        var letters = match.Groups[3].Value switch
        {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            var v2 => v2,
        };
        return letters.Length == 0 ? null : new SmartScope(match.Groups[1].Value, match.Groups[2].Value, letters);
    }

    [GeneratedRegex(@"^(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)$")]
    private static partial Regex Grammar();
}
