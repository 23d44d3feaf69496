using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace EhrSim;

/// <summary>Finished markup. Anything else put into a page is encoded on the way.</summary>
internal readonly record struct Html(string Text)
{
    public static readonly Html Nothing = new("");

    public static Html Of(HtmlText text) => new(text.ToString());

    public static Html All<T>(IEnumerable<T> items, Func<T, Html> each) => new(string.Concat(items.Select(i => each(i).Text)));

    public override string ToString() => Text;
}

[InterpolatedStringHandler]
internal readonly ref struct HtmlText
{
    private readonly StringBuilder built;

    public HtmlText(int literalLength, int formattedCount) => built = new StringBuilder(literalLength + 16 * formattedCount);

    public void AppendLiteral(string markup) => built.Append(markup);

    public void AppendFormatted(Html markup) => built.Append(markup.Text);

    public void AppendFormatted<T>(T value) => built.Append(WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture)));

    public override string ToString() => built.ToString();
}
