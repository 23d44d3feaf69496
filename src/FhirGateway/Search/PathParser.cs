using System.Globalization;
using System.Text;

namespace HealthTeams.FhirGateway.Search;

/// <param name="Root">The type the path starts at; null when it is relative.</param>
internal sealed record ParsedPath(string? Root, List<PathStep> Steps, string? OnlyTarget, bool Truth, bool FromResource);

/// <summary>Reads one alternative of an expression. http://hl7.org/fhir/R4/fhirpath.html, the part search parameters use.</summary>
internal sealed class PathParser
{
    private readonly string text;
    private int at;
    private string? root;
    private string? onlyTarget;
    private bool fromResource;
    private readonly List<PathStep> steps = [];

    private PathParser(string text) => this.text = text;

    /// <summary>Split at the bars that stand outside of parentheses and quotes.</summary>
    public static List<string> Alternatives(string expression)
    {
        var (parts, part, depth, quoted) = (new List<string>(), new StringBuilder(), 0, false);
        foreach (var c in expression)
        {
            if (c == '\'') quoted = !quoted;
            if (!quoted) depth += c switch { '(' => 1, ')' => -1, _ => 0 };
            if (c == '|' && depth == 0 && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else part.Append(c);
        }
        parts.Add(part.ToString());
        return [.. parts.Select(p => p.Trim()).Where(p => p.Length > 0)];
    }

    /// <returns>Null when it is not understood.</returns>
    public static ParsedPath? Parse(string alternative)
    {
        const string and = ".exists() and ";
        var text = alternative.Trim();
        var truth = false;
        if (text.IndexOf(and, StringComparison.Ordinal) is > 0 and var cut)
        {
            if (text[(cut + and.Length)..] != $"{text[..cut]} != false") return null;
            (text, truth) = (text[..cut], true);
        }
        var parser = new PathParser(text);
        return parser.Path() && parser.at == text.Length ? new ParsedPath(parser.root, parser.steps, parser.onlyTarget, truth, parser.fromResource) : null;
    }

    private bool Path()
    {
        if (Take("("))
        {
            if (!Path() || !Take(")")) return false;
        }
        else if (Take("%resource")) fromResource = true;
        else if (!Element(first: true)) return false;
        while (at < text.Length)
        {
            if (Take("."))
            {
                if (!Element(first: false)) return false;
            }
            else if (Take("["))
            {
                var digits = While(char.IsAsciiDigit);
                if (steps.Count == 0 || !Take("]") || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return false;
                steps[^1] = steps[^1] with { Index = index };
            }
            else if (Take(" as "))
            {
                if (!Cast(While(char.IsAsciiLetterOrDigit))) return false;
            }
            else return text[at] == ')';
        }
        return true;
    }

    private bool Element(bool first)
    {
        var name = While(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        if (name.Length == 0) return false;
        if (Take("(")) return Function(name);
        if (first && char.IsAsciiLetterUpper(name[0])) root = name;
        else steps.Add(new PathStep(name));
        return true;
    }

    private bool Function(string name)
    {
        switch (name)
        {
            case "as" or "ofType":
                return Cast(While(char.IsAsciiLetterOrDigit)) && Take(")");
            case "exists" or "first":
                return Take(")");
            case "extension":
                steps.Add(new PathStep("extension", null, "url", Quoted()));
                return steps[^1].WhereValue is { Length: > 0 } && Take(")");
            case "where":
                return Take("resolve() is ") ? Resolved() : Equality();
            default:
                return false;
        }
    }

    private bool Resolved()
    {
        onlyTarget = While(char.IsAsciiLetter);
        return onlyTarget.Length > 0 && Take(")");
    }

    private bool Equality()
    {
        var name = While(c => char.IsAsciiLetterOrDigit(c) || c == '.');
        While(c => c == ' ');
        if (steps.Count == 0 || name.Length == 0 || steps[^1].WhereName is not null || !Take("=")) return false;
        While(c => c == ' ');
        var value = at < text.Length && text[at] == '\'' ? Quoted() : While(char.IsAsciiLetterOrDigit);
        steps[^1] = steps[^1] with { WhereName = name, WhereValue = value };
        return value is { Length: > 0 } && Take(")");
    }

    private bool Cast(string type)
    {
        if (type.Length == 0 || steps.Count == 0) return false;
        steps[^1] = steps[^1] with { As = char.ToUpperInvariant(type[0]) + type[1..] };
        return true;
    }

    private string? Quoted()
    {
        if (!Take("'")) return null;
        var value = While(c => c != '\'');
        return Take("'") ? value : null;
    }

    private bool Take(string token)
    {
        if (string.CompareOrdinal(text, at, token, 0, token.Length) != 0) return false;
        at += token.Length;
        return true;
    }

    private string While(Func<char, bool> wanted)
    {
        var start = at;
        while (at < text.Length && wanted(text[at])) at++;
        return text[start..at];
    }
}
