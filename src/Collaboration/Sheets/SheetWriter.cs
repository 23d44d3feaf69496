using System.Globalization;
using System.Text;
using MiniExcelLibs;
using MiniExcelLibs.OpenXml;

namespace HealthTeams.Collaboration.Sheets;

/// <summary>
/// Writes a table for spreadsheet programs. A text that they would run as a formula gets an apostrophe in front;
/// numbers, dates and yes/no stay what they are. DateTimes are the hospital's local time.
/// </summary>
public static class SheetWriter
{
    public const string XlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    public const string CsvType = "text/csv; charset=utf-8";

    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create(",;\"\r\n\t");
    private static readonly OpenXmlConfiguration Configuration = new() { AutoFilter = false, FreezeRowCount = 1 };

    public static byte[] Xlsx(string name, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        using var kept = new MemoryStream();
        var lines = rows.Prepend([.. columns]).Select(row =>
        {
            var line = new Dictionary<string, object?>();
            for (var i = 0; i < columns.Count; i++) line[Sheet.Letter(i)] = i < row.Count ? Safe(row[i]) : null;
            return line;
        });
        MiniExcel.SaveAs(kept, lines, printHeader: false, sheetName: Tab(name), excelType: ExcelType.XLSX, configuration: Configuration);
        return kept.ToArray();
    }

    /// <summary>UTF-8 with its mark, so that spreadsheet programs see it; comma, CRLF.</summary>
    public static byte[] Csv(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.Prepend([.. columns])) text.AppendJoin(',', row.Select(Field)).Append("\r\n");
        return [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    /// <summary>Whether a spreadsheet program takes a text that begins so for a formula.</summary>
    public static bool Active(char first) => first is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n';

    private static object? Safe(object? value) => value switch
    {
        string { Length: > 0 } text => Text(text),
        DateOnly day => day.ToDateTime(TimeOnly.MinValue),
        DateTimeOffset => throw new ArgumentException("A moment has to be put on the hospital's clocks first."),
        _ => value,
    };

    private static string Text(string text)
    {
        var kept = new StringBuilder(text.Length + 1);
        if (Active(text[0])) kept.Append('\'');
        // Characters XML cannot hold would make the whole workbook unreadable.
        foreach (var c in text) if (c is '\t' or '\n' or '\r' || c >= ' ' && c is not ('\uFFFE' or '\uFFFF')) kept.Append(c);
        return kept.Length > Sheet.MaxText ? kept.ToString(0, Sheet.MaxText) : kept.ToString();
    }

    private static string Field(object? value)
    {
        var text = Safe(value) switch
        {
            null => "",
            DateTime at => at.TimeOfDay == TimeSpan.Zero ? at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            bool yes => yes ? "true" : "false",
            var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
        };
        return text.AsSpan().IndexOfAny(Special) >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    /// <summary>A tab's name may not hold these, nor be longer than 31.</summary>
    private static string Tab(string name)
    {
        var clean = new string([.. name.Where(c => !":\\/?*[]".Contains(c, StringComparison.Ordinal) && c >= ' ')]).Trim('\'', ' ');
        return clean.Length == 0 ? "Sheet" : clean.Length > 31 ? clean[..31] : clean;
    }
}
