namespace HealthTeams.Collaboration.Sheets;

/// <summary>A table that somebody brought (LS-10). Cells are string, decimal, bool, DateTime or null; a CSV has texts only.</summary>
/// <param name="Columns">The header row; one without a name is called by its letter, one named twice gets a number.</param>
public sealed record Sheet(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    public const int MaxBytes = 5 * 1024 * 1024;
    public const int MaxRows = 20_000;
    public const int MaxColumns = 100;
    public const int MaxText = 32_767;

    internal static readonly Problem TooManyRows = Problem.Unprocessable($"The table has more than {MaxRows:N0} rows. Split it into several files.", "file", "file-rows");
    internal static readonly Problem TooManyColumns = Problem.Unprocessable($"The table has more than {MaxColumns} columns. Remove those that are not needed.", "file", "file-columns");
    internal static readonly Problem Broken = Problem.Unprocessable("The file is damaged, or is no workbook. Open it in your spreadsheet program and save it again as .xlsx or .csv.", "file", "file-broken");

    /// <summary>The first row that says anything is the header; rows without anything are left out.</summary>
    internal static Outcome<Sheet> Of(IEnumerable<IReadOnlyList<object?>> lines)
    {
        List<string>? columns = null;
        var rows = new List<IReadOnlyList<object?>>();
        foreach (var line in lines)
        {
            if (line.All(cell => cell is null)) continue;
            if (line.Any(cell => cell is string { Length: > MaxText })) return Problem.Unprocessable($"A cell holds more than {MaxText:N0} characters.", "file", "file-cell");
            if (line.Count > MaxColumns && line.Skip(MaxColumns).Any(cell => cell is not null)) return TooManyColumns;
            if (columns is null) columns = Names([.. line.Take(MaxColumns)]);
            else if (rows.Count == MaxRows) return TooManyRows;
            else rows.Add([.. line.Take(MaxColumns)]);
        }
        if (columns is null) return Problem.Unprocessable("The file holds no table: its first row must name the columns.", "file", "file-empty");
        var width = Math.Max(columns.Count, rows.Select(r => r.Count).DefaultIfEmpty().Max());
        while (columns.Count < width) columns.Add(Letter(columns.Count));
        return new Sheet(columns, [.. rows.Select(r => r.Count == width ? r : [.. r, .. new object?[width - r.Count]])]);
    }

    /// <summary>0 → "A", 26 → "AA", as spreadsheets call their columns.</summary>
    public static string Letter(int index) => index < 26 ? ((char)('A' + index)).ToString() : Letter(index / 26 - 1) + (char)('A' + index % 26);

    private static List<string> Names(IReadOnlyList<object?> header)
    {
        var last = header.Count;
        while (last > 0 && header[last - 1] is null) last--;
        var names = new List<string>();
        for (var i = 0; i < last; i++)
        {
            var name = Convert.ToString(header[i], System.Globalization.CultureInfo.InvariantCulture)?.Trim() is { Length: > 0 } said ? said : Letter(i);
            var free = name;
            for (var n = 2; names.Contains(free, StringComparer.OrdinalIgnoreCase); n++) free = $"{name} {n}";
            names.Add(free);
        }
        return names;
    }
}
