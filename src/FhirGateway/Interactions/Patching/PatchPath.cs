using System.Globalization;
using System.Text;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// The FHIRPath that names one place in a resource, as http://hl7.org/fhir/R4/fhirpatch.html uses it: names, indexes,
/// where(a.b = 'x' and c = 'y'), first(), last(), ofType(T), extension('url'). Anything else is refused by name.
/// </summary>
internal sealed record PatchPath(string Text, IReadOnlyList<PathStep> Steps)
{
    public static Outcome<PatchPath> Parse(string text) => new Reader(text).Path();

    /// <summary>Without its last step, which must be a plain name: the list that insert and move work on.</summary>
    public (PatchPath Parent, string Name)? Split() =>
        Steps is [.., PathStep.Child last] && Steps.Count > 0 ? (new PatchPath(Text, [.. Steps.SkipLast(1)]), last.Name) : null;

    private sealed class Reader(string text)
    {
        private const int Longest = 1000;
        private int at;

        public Outcome<PatchPath> Path()
        {
            if (text.Length is 0 or > Longest) return Refuse($"A path has 1 to {Longest} characters");
            var steps = new List<PathStep>();
            do
            {
                if (Name() is not { } name) return Refuse("A name is expected");
                if (Take('('))
                {
                    var call = Call(name);
                    if (!call.Ok) return call.Problem;
                    steps.Add(call.Value);
                }
                else steps.Add(new PathStep.Child(name));
                while (Take('['))
                {
                    var from = at;
                    while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
                    if (!int.TryParse(text.AsSpan(from, at - from), NumberStyles.None, CultureInfo.InvariantCulture, out var index) || !Take(']')) return Refuse("An index is a number");
                    steps.Add(new PathStep.At(index));
                }
            } while (Take('.'));
            return at == text.Length ? new PatchPath(text, steps) : Refuse("This cannot be resolved");
        }

        private Outcome<PathStep> Call(string function)
        {
            PathStep? step = null;
            switch (function)
            {
                case "first": step = new PathStep.At(0); break;
                case "last": step = new PathStep.Last(); break;
                case "ofType" when Name() is { } type: step = new PathStep.OfType(type); break;
                case "extension" when Literal() is { } url: step = new PathStep.Where("extension", [new Criterion(["url"], url)]); break;
                case "where":
                    var criteria = new List<Criterion>();
                    do
                    {
                        if (Operand() is not { } operand || !Take('=') || Literal() is not { } literal) return Fail("where() takes equalities like where(use = 'home')");
                        criteria.Add(new Criterion(operand, literal));
                    } while (Word("and"));
                    step = new PathStep.Where(null, criteria);
                    break;
            }
            if (step is null) return Fail($"{function}() is not among first(), last(), ofType(), extension() and where()");
            return Take(')') ? step : Fail($"{function}() is not closed, or holds more than can be resolved");
        }

        private List<string>? Operand()
        {
            var names = new List<string>();
            do
            {
                Blank();
                if (Name() is not { } name) return null;
                if (name != "$this") names.Add(name);
            } while (Take('.'));
            return names;
        }

        /// <summary>A string in single quotes, a number, true or false; as text.</summary>
        private string? Literal()
        {
            Blank();
            if (!Take('\''))
            {
                var from = at;
                while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '.' or '-' or '+')) at++;
                return at > from ? text[from..at] : null;
            }
            var value = new StringBuilder();
            for (; at < text.Length; at++)
            {
                if (text[at] == '\'')
                {
                    at++;
                    return value.ToString();
                }
                if (text[at] == '\\' && at + 1 < text.Length) at++;
                value.Append(text[at]);
            }
            return null;
        }

        private string? Name()
        {
            Blank();
            var from = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '$')) at++;
            return at > from && !char.IsAsciiDigit(text[from]) ? text[from..at] : null;
        }

        private bool Word(string word)
        {
            Blank();
            if (!text.AsSpan(at).StartsWith(word + " ", StringComparison.Ordinal)) return false;
            at += word.Length + 1;
            return true;
        }

        private bool Take(char c)
        {
            Blank();
            if (at >= text.Length || text[at] != c) return false;
            at++;
            return true;
        }

        private void Blank()
        {
            while (at < text.Length && text[at] == ' ') at++;
        }

        private Problem Refuse(string why) => Problem.Invalid($"The path '{text}' cannot be followed. {why}, at character {at + 1}.");
        private Outcome<PathStep> Fail(string why) => Refuse(why);
    }
}

internal abstract record PathStep
{
    public sealed record Child(string Name) : PathStep;
    public sealed record At(int Index) : PathStep;
    public sealed record Last : PathStep;
    public sealed record OfType(string Type) : PathStep;

    /// <param name="Below">Goes to this child first: extension('url').</param>
    public sealed record Where(string? Below, IReadOnlyList<Criterion> Criteria) : PathStep;
}

/// <param name="Operand">Names to walk; empty for $this.</param>
internal sealed record Criterion(IReadOnlyList<string> Operand, string Value);
