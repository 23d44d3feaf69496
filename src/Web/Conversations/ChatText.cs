using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Conversations;
using Microsoft.AspNetCore.Html;

namespace HealthTeams.Web.Conversations;

/// <summary>A link to one of our own pages, as a card: what kind of thing it is. What it says is behind its own door.</summary>
public sealed record ChatCard(string Kind, string Path);

/// <summary>Plain text with paragraphs, lists and links. Everything is encoded: nothing that was typed becomes markup. Pure.</summary>
public static partial class ChatText
{
    public static IHtmlContent Html(string text, IReadOnlyList<Mention> mentions)
    {
        var html = new StringBuilder();
        var list = "";
        foreach (var line in text.Split('\n'))
        {
            var item = Item().Match(line);
            var kind = !item.Success ? "" : char.IsDigit(item.Groups[1].Value[0]) ? "ol" : "ul";
            if (kind != list && list.Length > 0) html.Append(CultureInfo.InvariantCulture, $"</{list}>");
            if (kind != list && kind.Length > 0) html.Append(CultureInfo.InvariantCulture, $"<{kind}>");
            list = kind;
            if (kind.Length > 0) html.Append("<li>").Append(Inline(item.Groups[2].Value, mentions)).Append("</li>");
            else if (line.Length > 0) html.Append("<p>").Append(Inline(line, mentions)).Append("</p>");
        }
        if (list.Length > 0) html.Append(CultureInfo.InvariantCulture, $"</{list}>");
        return new HtmlString(html.ToString());
    }

    /// <summary>Our own pages that the text names, once each.</summary>
    public static IReadOnlyList<ChatCard> Cards(string text) => [.. Own().Matches(text).Select(m => new ChatCard(m.Groups[1].Value, m.Value[m.Value.IndexOf("/" + m.Groups[1].Value + "/", StringComparison.Ordinal)..])).Distinct().Take(10)];

    private static string Inline(string text, IReadOnlyList<Mention> mentions)
    {
        var html = new StringBuilder();
        var at = 0;
        foreach (Match link in Address().Matches(text))
        {
            html.Append(Named(text[at..link.Index], mentions));
            var shown = HtmlEncoder.Default.Encode(link.Value);
            html.Append(CultureInfo.InvariantCulture, $"<a href=\"{shown}\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">{shown}</a>");
            at = link.Index + link.Length;
        }
        return html.Append(Named(text[at..], mentions)).ToString();
    }

    private static string Named(string text, IReadOnlyList<Mention> mentions)
    {
        var encoded = HtmlEncoder.Default.Encode(text);
        foreach (var label in mentions.Select(m => HtmlEncoder.Default.Encode("@" + m.Label)).Distinct().OrderByDescending(l => l.Length))
            encoded = encoded.Replace(label, $"<mark>{label}</mark>", StringComparison.OrdinalIgnoreCase);
        return encoded;
    }

    [GeneratedRegex(@"^\s*([-*•]|\d{1,3}[.)])\s+(.+)$")]
    private static partial Regex Item();

    [GeneratedRegex(@"https?://[^\s<>""']{1,2000}[^\s<>""'.,;:!?)\]]")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?<![\w/])(?:https?://[^\s/]{1,200})?/(visits|tasks|approvals|lists|teams|handovers)/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")]
    private static partial Regex Own();
}
