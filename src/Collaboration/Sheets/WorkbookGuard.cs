using System.IO.Compression;
using System.Xml;

namespace HealthTeams.Collaboration.Sheets;

/// <summary>
/// Everything a workbook must not be, found by inflating all of it once and counting what comes out; sizes that the file
/// states of itself are not believed. Only what passes is handed to a library.
/// </summary>
internal static class WorkbookGuard
{
    public const int MaxEntries = 200;
    public const long MaxInflated = 50L * 1024 * 1024;
    public const int MaxRatio = 100;

    public static readonly Problem Macros = Problem.Unprocessable("The workbook holds macros. Save it as .xlsx, without macros.", "file", "file-macros");
    private static readonly Problem Entries = Problem.Unprocessable($"The workbook holds more than {MaxEntries} parts.", "file", "file-entries");
    private static readonly Problem Inflates = Problem.Unprocessable("The workbook unpacks to far more than it should. Save it again with the needed sheet only.", "file", "file-inflates");
    private static readonly Problem Links = Problem.Unprocessable("The workbook links to other files. Break the links (paste values only) and save it again.", "file", "file-links");
    private static readonly Problem Dtd = Problem.Unprocessable("The workbook holds a document type definition, which no spreadsheet program writes.", "file", "file-dtd");

    public static Problem? Refuse(byte[] bytes)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            if (zip.Entries.Count > MaxEntries) return Entries;
            var left = Math.Min(MaxInflated, (long)bytes.Length * MaxRatio);
            foreach (var entry in zip.Entries)
            {
                var name = entry.FullName.Replace('\\', '/').ToLowerInvariant();
                if (name.Contains("vbaproject", StringComparison.Ordinal) || name.Contains("macrosheets/", StringComparison.Ordinal)) return Macros;
                if (name.Contains("externallinks/", StringComparison.Ordinal)) return Links;
                using var content = new Counted(entry.Open(), left);
                if (name.EndsWith(".xml", StringComparison.Ordinal) || name.EndsWith(".rels", StringComparison.Ordinal))
                {
                    if (Xml(content, name.Contains("worksheets/", StringComparison.Ordinal)) is { } refused) return refused;
                }
                content.CopyTo(Stream.Null);
                left = content.Left;
            }
            return null;
        }
        catch (Overflowing)
        {
            return Inflates;
        }
        catch (XmlException e)
        {
            return e.Message.Contains("DTD", StringComparison.Ordinal) ? Dtd : Sheet.Broken;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException)
        {
            return Sheet.Broken;
        }
    }

    private static Problem? Xml(Stream content, bool worksheet)
    {
        var rows = 0;
        using var xml = XmlReader.Create(content, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CloseInput = false, MaxCharactersFromEntities = 1024 });
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element) continue;
            switch (xml.LocalName)
            {
                case "Relationship" when xml.GetAttribute("TargetMode") == "External" && xml.GetAttribute("Type")?.EndsWith("/hyperlink", StringComparison.Ordinal) != true:
                    return Links;
                case "Override" or "Default" when xml.GetAttribute("ContentType") is { } type && (type.Contains("macroEnabled", StringComparison.OrdinalIgnoreCase) || type.Contains("vbaProject", StringComparison.OrdinalIgnoreCase)):
                    return Macros;
                // A cell far to the right makes a reader lay out everything before it.
                case "c" when worksheet && Column(xml.GetAttribute("r")) > Sheet.MaxColumns:
                case "dimension" when worksheet && xml.GetAttribute("ref") is { } area && Column(area[(area.IndexOf(':', StringComparison.Ordinal) + 1)..]) > Sheet.MaxColumns * 10:
                    return Sheet.TooManyColumns;
                case "v" or "is" when worksheet && rows > 2 * Sheet.MaxRows:
                    return Sheet.TooManyRows;
                case "row" when worksheet:
                    rows++;
                    break;
            }
        }
        return null;
    }

    /// <summary>"AB12" → 28; 0 without letters.</summary>
    private static int Column(string? cell)
    {
        var column = 0;
        foreach (var c in cell ?? "")
        {
            if (c is < 'A' or > 'Z' || column > Sheet.MaxColumns * 100) break;
            column = column * 26 + c - 'A' + 1;
        }
        return column;
    }

    private sealed class Overflowing : Exception;

    private sealed class Counted(Stream inner, long left) : Stream
    {
        public long Left { get; private set; } = left;

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));
        public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

        private int Count(int read) => (Left -= read) < 0 ? throw new Overflowing() : read;

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
