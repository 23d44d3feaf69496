using System.Text;
using MiniExcelLibs;
using MiniExcelLibs.OpenXml;

namespace HealthTeams.Collaboration.Sheets;

/// <summary>Reads .xlsx and .csv that people bring (LS-10). A workbook passes <see cref="WorkbookGuard"/> before anything else looks at it.</summary>
public static class SheetReader
{
    private static readonly OpenXmlConfiguration Configuration = new() { IgnoreEmptyRows = true, EnableSharedStringCache = false, FillMergedCells = false };

    /// <param name="sheetName">Of a workbook with several; the first when not said.</param>
    public static Outcome<Sheet> Read(Stream file, string fileName, string? sheetName = null)
    {
        var bytes = Take(file);
        if (!bytes.Ok) return bytes.Problem;
        var zip = bytes.Value.AsSpan().StartsWith("PK"u8);
        if (bytes.Value.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0])) return Problem.Unprocessable("This is an old (.xls) or password-protected workbook. Save it as .xlsx without a password.", "file", "file-type");
        return Path.GetExtension(fileName).ToLowerInvariant() switch
        {
            ".xlsx" when zip => Workbook(bytes.Value, sheetName),
            ".xlsx" => Sheet.Broken,
            ".csv" or ".tsv" or ".txt" when !zip => Text(bytes.Value),
            ".xlsm" or ".xltm" or ".xlam" or ".xlsb" => WorkbookGuard.Macros,
            _ => Problem.Unprocessable("Only .xlsx and .csv files can be read.", "file", "file-type"),
        };
    }

    private static Outcome<byte[]> Take(Stream file)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[81920];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            if (kept.Length + read > Sheet.MaxBytes) return new Problem(413, "file-size", $"The file is larger than {Sheet.MaxBytes / 1024 / 1024} MB.", "file");
            kept.Write(buffer, 0, read);
        }
        return kept.ToArray();
    }

    private static Outcome<Sheet> Workbook(byte[] bytes, string? sheetName)
    {
        if (WorkbookGuard.Refuse(bytes) is { } refused) return refused;
        try
        {
            using var stream = new MemoryStream(bytes, writable: false);
            if (sheetName is not null && !MiniExcel.GetSheetNames(stream).Contains(sheetName, StringComparer.Ordinal)) return Problem.Unprocessable($"The workbook has no sheet \"{sheetName}\".", "file", "file-sheet");
            return Sheet.Of(MiniExcel.Query(stream, useHeaderRow: false, sheetName: sheetName, excelType: ExcelType.XLSX, configuration: Configuration)
                .Cast<IDictionary<string, object?>>().Select(row => (IReadOnlyList<object?>)[.. row.Values.Select(Cell)]));
        }
        // What is well-formed and yet no workbook breaks the library in ways of its own.
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            return Sheet.Broken;
        }
    }

    private static object? Cell(object? value) => value switch
    {
        null => null,
        string text => Text(text),
        double number => double.IsFinite(number) && Math.Abs(number) < 1e15 ? (decimal)number : number.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        DateTime or bool or decimal => value,
        TimeSpan time => time.ToString(),
        int or long => Convert.ToDecimal(value, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>What <see cref="SheetWriter"/> neutralised comes back as it was; characters no database holds are dropped.</summary>
    private static string? Text(string text)
    {
        text = text.Replace("\0", "", StringComparison.Ordinal).Trim(' ');
        if (text.Length > 1 && text[0] == '\'' && SheetWriter.Active(text[1])) text = text[1..];
        return text.Length == 0 ? null : text;
    }

    private static Outcome<Sheet> Text(byte[] bytes)
    {
        string text;
        try
        {
            using var reader = new StreamReader(new MemoryStream(bytes), new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
            text = reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            return Problem.Unprocessable("The text is not UTF-8. Save it as \"CSV UTF-8\".", "file", "file-encoding");
        }
        if (text.Contains('\0', StringComparison.Ordinal)) return Sheet.Broken;
        return Csv.Lines(text) is { } lines ? Sheet.Of(lines.Select(l => (IReadOnlyList<object?>)[.. l.Select(c => (object?)Text(c))])) : Problem.Unprocessable("A quotation mark is opened and never closed.", "file", "file-quotes");
    }
}
