using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace HealthTeams.Platform.Problems;

/// <summary>
/// A refusal's sentence with its names and numbers apart, so that pages say it in the reader's language: what is written
/// $"{team} is archived." is kept as "{0} is archived." and the team. The compiler chooses it for every interpolated sentence
/// that is given to <see cref="Problem"/>.
/// </summary>
[InterpolatedStringHandler]
public sealed class ProblemText(int literalLength, int formattedCount) : IEquatable<ProblemText>
{
    private readonly StringBuilder format = new(literalLength + 4 * formattedCount);
    private readonly List<object?> args = new(formattedCount);

    /// <summary>The sentence with holes: what translations are found by.</summary>
    public string Format => format.ToString();

    /// <summary>Names, numbers, and sentences within the sentence.</summary>
    public IReadOnlyList<object?> Args => args;
    public string Text => string.Format(CultureInfo.InvariantCulture, Format, [.. args]);

    public void AppendLiteral(string text) => format.Append(text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    public void AppendFormatted<T>(T value, string? format)
    {
        this.format.Append('{').Append(args.Count.ToString(CultureInfo.InvariantCulture));
        if (format is not null) this.format.Append(':').Append(format);
        this.format.Append('}');
        args.Add(value);
    }

    /// <summary>Several in a row, each in the reader's language.</summary>
    public static ProblemText Row(string between, IEnumerable<ProblemText> texts)
    {
        var row = new ProblemText(0, 0);
        foreach (var text in texts)
        {
            if (row.args.Count > 0) row.AppendLiteral(between);
            row.AppendFormatted(text);
        }
        return row;
    }

    /// <summary>A sentence without holes.</summary>
    public static ProblemText Plain(string text)
    {
        var plain = new ProblemText(text.Length, 0);
        plain.AppendLiteral(text);
        return plain;
    }

    public override string ToString() => Text;
    public bool Equals(ProblemText? other) => other is not null && other.Text == Text;
    public override bool Equals(object? obj) => Equals(obj as ProblemText);
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
