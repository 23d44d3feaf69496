using System.Text;

namespace HealthTeams.Collaboration.Sheets;

/// <summary>RFC 4180 with the delimiter found out: comma, semicolon or tab. Pure.</summary>
internal static class Csv
{
    /// <returns>Null when a quotation mark stays open.</returns>
    public static List<List<string>>? Lines(string text)
    {
        var at = 0;
        var delimiter = Delimiter(text);
        // What some spreadsheet programs write on top to say it.
        if (text.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && text.Length > 4)
        {
            delimiter = text[4];
            at = text.IndexOf('\n', StringComparison.Ordinal) + 1;
            if (at == 0) return [];
        }
        var lines = new List<List<string>>();
        var line = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quoted)
            {
                if (c != '"') cell.Append(c);
                else if (at + 1 < text.Length && text[at + 1] == '"') cell.Append(text[at++]);
                else quoted = false;
            }
            else if (c == '"' && cell.Length == 0) quoted = true;
            else if (c == delimiter) End(line, cell);
            else if (c is '\n' or '\r')
            {
                if (c == '\r' && at + 1 < text.Length && text[at + 1] == '\n') at++;
                End(line, cell);
                lines.Add(line);
                line = [];
                // More than is ever taken: what follows only tells that it is too long.
                if (lines.Count > 2 * Sheet.MaxRows) return lines;
            }
            else cell.Append(c);
        }
        if (quoted) return null;
        if (line.Count > 0 || cell.Length > 0)
        {
            End(line, cell);
            lines.Add(line);
        }
        return lines;
    }

    /// <summary>The one that stands most often outside quotation marks in the first line.</summary>
    private static char Delimiter(string text)
    {
        var counts = new Dictionary<char, int> { [','] = 0, [';'] = 0, ['\t'] = 0 };
        var quoted = false;
        foreach (var c in text)
        {
            if (c == '"') quoted = !quoted;
            else if (!quoted && c is '\n' or '\r') break;
            else if (!quoted && counts.TryGetValue(c, out var n)) counts[c] = n + 1;
        }
        return counts.MaxBy(c => c.Value).Key;
    }

    private static void End(List<string> line, StringBuilder cell)
    {
        line.Add(cell.ToString());
        cell.Clear();
    }
}
