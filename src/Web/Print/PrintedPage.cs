using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace HealthTeams.Web.Print;

/// <summary>
/// A plain document on A4 pages, line under line, for what people keep or hand over (ISO 32000-1). One font, which comes with
/// the product and is embedded: every name of Europe prints, and the text can be searched and copied.
/// </summary>
internal sealed class PrintedPage
{
    private const double Width = 595, Height = 842, Margin = 50, Last = 60;
    private static readonly TrueType Font = new(Load());
    private readonly List<StringBuilder> pages = [];
    private readonly SortedDictionary<int, char> used = [];
    private readonly string title, footer;
    private double y;

    /// <param name="footer">On each page, before its number.</param>
    public PrintedPage(string title, string footer)
    {
        (this.title, this.footer) = (title, footer);
        Turn();
        Line(title, 16, bold: true, gap: 10);
    }

    public void Heading(string text) => Line(text, 11, bold: true, gap: 4, before: 8);

    public void Line(string text, double size = 9, bool bold = false, double gap = 2, double before = 0, double indent = 0)
    {
        y -= before;
        foreach (var line in Wrapped(text, size, Width - 2 * Margin - indent))
        {
            if (y - size < Last) Turn();
            y -= size * 1.35;
            Draw(pages[^1], line, Margin + indent, y, size, bold);
        }
        y -= gap;
    }

    public byte[] Finish()
    {
        for (var i = 0; i < pages.Count; i++) Draw(pages[i], $"{footer} · {i + 1}/{pages.Count}", Margin, 30, 7.5, false);
        var file = new PdfFile();
        var (catalog, tree, font, cid, descriptor, program, unicode) = (file.Reserve(), file.Reserve(), file.Reserve(), file.Reserve(), file.Reserve(), file.Reserve(), file.Reserve());
        var kids = new List<int>();
        foreach (var page in pages)
        {
            var content = file.Add("", Encoding.ASCII.GetBytes(page.ToString()));
            kids.Add(file.Add($"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {Width} {Height}] /Resources << /Font << /F {font} 0 R >> >> /Contents {content} 0 R >>"));
        }
        file.Put(catalog, $"<< /Type /Catalog /Pages {tree} 0 R /Lang (en) >>");
        file.Put(tree, $"<< /Type /Pages /Count {kids.Count} /Kids [{string.Join(' ', kids.Select(k => $"{k} 0 R"))}] >>");
        file.Put(font, $"<< /Type /Font /Subtype /Type0 /BaseFont /Print /Encoding /Identity-H /DescendantFonts [{cid} 0 R] /ToUnicode {unicode} 0 R >>");
        file.Put(cid, $"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Print /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity /W [{string.Join(' ', used.Keys.Select(g => $"{g} [{Font.Width(g)}]"))}] >>");
        file.Put(descriptor, $"<< /Type /FontDescriptor /FontName /Print /Flags 4 /FontBBox [{string.Join(' ', Font.Box)}] /ItalicAngle 0 /Ascent {Font.Ascent} /Descent {Font.Descent} /CapHeight {Font.Ascent} /StemV 80 /FontFile2 {program} 0 R >>");
        file.Put(program, $"/Length1 {Font.Bytes.Length}", Font.Bytes);
        file.Put(unicode, "", Encoding.ASCII.GetBytes(ToUnicode()));
        var info = file.Add($"<< /Title <FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(title))}> >>");
        return file.Finish(catalog, info);
    }

    private void Turn()
    {
        pages.Add(new StringBuilder());
        y = Height - Margin;
    }

    private void Draw(StringBuilder page, string line, double x, double at, double size, bool bold)
    {
        // Bold is the same outline with a stroke: one font is enough.
        page.Append(CultureInfo.InvariantCulture, $"BT /F {size:0.##} Tf {(bold ? 2 : 0)} Tr {(bold ? size * 0.03 : 0):0.###} w {x:0.##} {at:0.##} Td <");
        foreach (var c in line)
        {
            var glyph = Font.Glyph(c);
            used[glyph] = c;
            page.Append(glyph.ToString("X4", CultureInfo.InvariantCulture));
        }
        page.Append("> Tj ET\n");
    }

    private static IEnumerable<string> Wrapped(string text, double size, double width)
    {
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var line = "";
            foreach (var word in paragraph.Split(' ').SelectMany(w => Pieces(w, size, width)))
            {
                var longer = line.Length == 0 ? word : $"{line} {word}";
                if (line.Length > 0 && Measure(longer, size) > width)
                {
                    yield return line;
                    line = word;
                }
                else line = longer;
            }
            yield return line;
        }
    }

    /// <summary>A word wider than the page is broken.</summary>
    private static IEnumerable<string> Pieces(string word, double size, double width)
    {
        while (word.Length > 1 && Measure(word, size) > width)
        {
            var fits = Enumerable.Range(1, word.Length - 1).Last(n => n == 1 || Measure(word[..n], size) <= width);
            yield return word[..fits];
            word = word[fits..];
        }
        yield return word;
    }

    private static double Measure(string text, double size) => text.Sum(c => Font.Width(Font.Glyph(c))) * size / 1000;

    private string ToUnicode()
    {
        var map = new StringBuilder("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /P def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n");
        foreach (var chunk in used.Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{chunk.Length} beginbfchar\n");
            foreach (var (glyph, c) in chunk) map.Append(CultureInfo.InvariantCulture, $"<{glyph:X4}> <{(int)c:X4}>\n");
            map.Append("endbfchar\n");
        }
        return map.Append("endcmap CMapName currentdict /CMap defineresource pop end end").ToString();
    }

    private static byte[] Load()
    {
        using var stream = typeof(PrintedPage).Assembly.GetManifestResourceStream("print.ttf")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Numbered objects, their table, their end.</summary>
    private sealed class PdfFile
    {
        private readonly List<byte[]?> objects = [];

        public int Reserve()
        {
            objects.Add(null);
            return objects.Count;
        }

        public int Add(string dictionary, byte[]? stream = null)
        {
            var number = Reserve();
            Put(number, dictionary, stream);
            return number;
        }

        public void Put(int number, string dictionary, byte[]? stream = null)
        {
            using var bytes = new MemoryStream();
            if (stream is null) bytes.Write(Encoding.ASCII.GetBytes(dictionary));
            else
            {
                using var packed = new MemoryStream();
                using (var zip = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zip.Write(stream);
                bytes.Write(Encoding.ASCII.GetBytes($"<< /Filter /FlateDecode /Length {packed.Length} {dictionary} >>\nstream\n"));
                packed.WriteTo(bytes);
                bytes.Write("\nendstream"u8);
            }
            objects[number - 1] = bytes.ToArray();
        }

        public byte[] Finish(int catalog, int info)
        {
            using var file = new MemoryStream();
            file.Write("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"u8);
            var places = new List<long>();
            for (var i = 0; i < objects.Count; i++)
            {
                places.Add(file.Position);
                file.Write(Encoding.ASCII.GetBytes($"{i + 1} 0 obj\n"));
                file.Write(objects[i]!);
                file.Write("\nendobj\n"u8);
            }
            var table = file.Position;
            file.Write(Encoding.ASCII.GetBytes($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n{string.Concat(places.Select(p => $"{p:D10} 00000 n \n"))}trailer\n<< /Size {objects.Count + 1} /Root {catalog} 0 R /Info {info} 0 R >>\nstartxref\n{table}\n%%EOF\n"));
            return file.ToArray();
        }
    }
}
