using HealthTeams.Collaboration.Sheets;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What becomes of one column of a table that was brought (LS-10).</summary>
/// <param name="Use">"skip", "mrn" (the row's patient), "title" (what the row is about), or a type of <see cref="ColumnType"/> as its word.</param>
public sealed record ImportColumn(string Name, string Use);

/// <summary>One cell that stands in the way.</summary>
/// <param name="Line">As the spreadsheet counts: the header is line 1.</param>
public sealed record ImportError(int Line, string Column, string What);

/// <summary>Guesses a type from header and values. Pure. A name is never taken for an identity.</summary>
public static class ColumnGuess
{
    public static readonly IReadOnlyList<string> Uses = ["text", "number", "currency", "boolean", "choice", "date", "dateTime", "location", "mrn", "title", "skip"];

    public static IReadOnlyList<ImportColumn> Of(Sheet sheet)
    {
        var uses = Enumerable.Range(0, sheet.Columns.Count).Select(i => Use(sheet, i)).ToList();
        // One patient a row, one name a row: the first that looks so.
        for (var i = 0; i < uses.Count; i++) if (uses[i] is "mrn" or "title" && uses.IndexOf(uses[i]) < i) uses[i] = "text";
        if (!uses.Contains("mrn") && !uses.Contains("title") && uses.IndexOf("text") is >= 0 and var first) uses[first] = "title";
        return [.. sheet.Columns.Select((name, i) => new ImportColumn(name.Length > 100 ? name[..100] : name, uses[i]))];
    }

    private static string Use(Sheet sheet, int column)
    {
        var name = sheet.Columns[column].Trim().ToLowerInvariant();
        var values = sheet.Rows.Select(r => r[column]).Where(v => v is not null).Take(2000).ToList();
        if (values.Count == 0) return "text";
        if (name is "mrn" or "record number" or "medical record number" or "patient id" or "ipp") return "mrn";
        if (name is "patient" or "name" or "title" or "item" or "patient name" or "nom" or "titre") return "title";
        if (values.TrueForAll(v => v is bool || v is string s && (CellValue.Yes.Contains(s.ToLowerInvariant()) || CellValue.No.Contains(s.ToLowerInvariant())))) return "boolean";
        if (values.TrueForAll(v => v is DateTime d && d.TimeOfDay == TimeSpan.Zero || v is string s && CellValue.Day(s) is not null)) return "date";
        if (values.TrueForAll(v => v is DateTime || v is string s && CellValue.Moment(s, TimeZoneInfo.Utc) is not null)) return "dateTime";
        // Numbers that begin with zero are names of things.
        if (values.TrueForAll(v => v is decimal || v is string s && CellValue.Number(s) is not null && !(s.Length > 1 && s[0] == '0' && char.IsDigit(s[1])))) return "number";
        var texts = values.OfType<string>().ToList();
        var different = texts.Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return texts.Count == values.Count && values.Count >= 6 && different <= 12 && different * 2 <= values.Count && texts.TrueForAll(t => t.Length <= 40) ? "choice" : "text";
    }
}
