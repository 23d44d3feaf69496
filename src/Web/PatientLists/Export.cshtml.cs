using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.Sheets;

namespace HealthTeams.Web.PatientLists;

/// <summary>The list as it is looked at, as a table; on record as an export of each patient in it. Nothing in it runs as a formula.</summary>
public sealed class ExportPage(ListReading reading, ListViews views) : OpenListPage(reading, views)
{
    public async Task<IActionResult> OnGetAsync(string format)
    {
        if (format is not ("xlsx" or "csv")) return NotFound();
        if (await Load("export", all: true) is { } problem) return Refuse(problem);
        var zone = CellFace.Zone(Zone);
        string[] columns = ["Patient", "Born", "Gender", "Identifier", .. Columns.Select(c => c.Name)];
        var rows = Rows.Select(row => (IReadOnlyList<object?>)
        [
            row.Name, row.Facts?.BirthDate, row.Facts?.Gender, row.Facts?.Identifier,
            .. Columns.Select(c => Plain(RowValues.Of(Open, row, c, Now, zone))),
        ]);
        var name = string.Concat(List.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')) + $"-{Today:yyyy-MM-dd}.{format}";
        return format == "xlsx" ? File(SheetWriter.Xlsx(List.Name, columns, rows), SheetWriter.XlsxType, name) : File(SheetWriter.Csv(columns, rows), SheetWriter.CsvType, name);
    }

    private object? Plain(object? value) => value switch
    {
        DateTimeOffset at => HospitalTime.At(at, Zone).DateTime,
        string[] several => string.Join("; ", several),
        _ => value,
    };
}
