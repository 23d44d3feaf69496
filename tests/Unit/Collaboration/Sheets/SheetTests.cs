using System.IO.Compression;
using System.Text;
using HealthTeams.Collaboration.Sheets;
using Xunit;

namespace HealthTeams.Tests.Collaboration.Sheets;

[Trait("Row", "LS-10")]
public sealed class SheetTests
{
    private const string Types = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>""";
    private const string Rels = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>""";
    private const string Book = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>""";
    private const string BookRels = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>""";

    [Fact]
    public void What_is_written_is_read_back_and_formulas_are_texts()
    {
        object?[][] rows = [["=1+1", 12.5m, new DateTime(2026, 11, 23), true], ["-A", null, new DateTime(2026, 11, 23, 9, 30, 0), false], ["plain\nline", 3m, null, null]];
        var book = SheetWriter.Xlsx("List: [x]", ["Name", "Kilos", "When", "Done"], rows);
        Assert.Contains("&apos;=1+1", Part(book, "xl/worksheets/sheet1.xml"), StringComparison.Ordinal);
        var read = Read(book, "a.xlsx");
        Assert.Equal(["Name", "Kilos", "When", "Done"], read.Columns);
        Assert.Equal(["=1+1", 12.5m, new DateTime(2026, 11, 23), true], read.Rows[0]);
        Assert.Equal("-A", read.Rows[1][0]);
        Assert.Equal(new DateTime(2026, 11, 23, 9, 30, 0), read.Rows[1][2]);
        Assert.Equal("plain\nline", read.Rows[2][0]);

        var csv = Encoding.UTF8.GetString(SheetWriter.Csv(["Name", "Kilos", "When", "Done"], rows));
        Assert.Equal("\uFEFFName,Kilos,When,Done\r\n'=1+1,12.5,2026-11-23,true\r\n'-A,,2026-11-23 09:30,false\r\n\"plain\nline\",3,,\r\n", csv);
    }

    [Theory]
    [InlineData("a,b\n1,\"x,\"\"y\"\"\nz\"\n")]
    [InlineData("a;b\r\n1;\"x,\"\"y\"\"\nz\"")]
    [InlineData("a\tb\r1\t\"x,\"\"y\"\"\nz\"")]
    [InlineData("sep=;\na;b\n1;\"x,\"\"y\"\"\nz\"\n\n")]
    public void A_csv_is_read_with_its_delimiter_quotes_and_lines(string text)
    {
        foreach (var encoding in new Encoding[] { new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode })
        {
            if (encoding == Encoding.Unicode && text.StartsWith("sep", StringComparison.Ordinal)) continue;
            var read = Read([.. encoding.GetPreamble(), .. encoding.GetBytes(text)], "a.csv");
            Assert.Equal(["a", "b"], read.Columns);
            Assert.Equal(["1", "x,\"y\"\nz"], Assert.Single(read.Rows));
        }
    }

    [Fact]
    public void Headers_without_a_name_or_named_twice_can_be_told_apart()
    {
        var read = Read("Name,,name\n1,2,3,4"u8.ToArray(), "a.csv");
        Assert.Equal(["Name", "B", "name 2", "D"], read.Columns);
    }

    [Fact]
    public void A_formula_yields_its_last_value() =>
        Assert.Equal(["=1+1", 3m], Read(Workbook("""<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>=1+1</t></is></c><c r="B2"><f>1+2</f><v>3</v></c></row>"""), "a.xlsx").Rows[0]);

    [Theory]
    [InlineData("a.xlsx", "hello", "file-broken")]
    [InlineData("a.xls", "hello", "file-type")]
    [InlineData("a.xlsm", "PK", "file-macros")]
    [InlineData("a.csv", "", "file-empty")]
    [InlineData("a.csv", "a,b\n\"open", "file-quotes")]
    [InlineData("a.xlsx", "PK\u0003\u0004 is no archive", "file-broken")]
    public void What_is_no_table_is_refused(string name, string content, string code) => Refused(code, Encoding.UTF8.GetBytes(content), name);

    [Fact]
    public void Bytes_that_are_no_text_are_refused() => Refused("file-encoding", [0x61, 0x2C, 0xE9, 0x0A], "a.csv");

    [Fact]
    public void A_file_that_is_too_large_is_refused_while_it_arrives() => Refused("file-size", new byte[Sheet.MaxBytes + 1], "a.csv");

    [Fact]
    public void More_than_20000_rows_are_refused()
    {
        Assert.Equal(20_000, Read(Encoding.UTF8.GetBytes("n\n" + string.Join('\n', Enumerable.Range(0, 20_000))), "a.csv").Rows.Count);
        Refused("file-rows", Encoding.UTF8.GetBytes("n\n" + string.Join('\n', Enumerable.Range(0, 20_001))), "a.csv");
        Refused("file-rows", Encoding.UTF8.GetBytes("n\n" + string.Join('\n', Enumerable.Range(0, 400_000))), "a.csv");
        Refused("file-rows", Workbook(string.Concat(Enumerable.Range(1, 1_000_000).Select(r => $"<row><c><v>{r % 9}</v></c></row>")), CompressionLevel.NoCompression, pad: false), "a.xlsx", "file-size", "file-inflates");
        Refused("file-rows", Workbook(string.Concat(Enumerable.Range(1, 30_000).Select(r => $"<row r=\"{r}\"><c r=\"A{r}\"><v>{r}</v></c></row>"))), "a.xlsx");
    }

    [Fact]
    public void A_cell_far_to_the_right_is_refused() => Refused("file-columns", Workbook("""<row r="1"><c r="XFD1"><v>1</v></c></row>"""), "a.xlsx");

    [Fact]
    public void A_zip_bomb_is_refused_by_what_comes_out_of_it()
    {
        Refused("file-inflates", Workbook("", CompressionLevel.SmallestSize, pad: false, ("xl/sharedStrings.xml", "<sst>" + new string(' ', 60 * 1024 * 1024) + "</sst>")), "a.xlsx");
        var lying = Workbook("", CompressionLevel.SmallestSize, pad: false, ("xl/media/x.bin", new string('0', 60 * 1024 * 1024)));
        // The size it states of itself, in the central directory: 60 MB, made 1 byte.
        for (var i = 0; i < lying.Length - 4; i++) if (BitConverter.ToUInt32(lying, i) == 60 * 1024 * 1024) BitConverter.GetBytes(1u).CopyTo(lying, i);
        // Inflated no further than it says, or found out: either way nothing comes of it.
        Refused("file-inflates", lying, "a.xlsx", "file-broken", "file-empty");
    }

    [Fact]
    public void Too_many_parts_are_refused() => Refused("file-entries", Workbook("", extra: [.. Enumerable.Range(0, 220).Select(i => ($"xl/x{i}.xml", "<a/>"))]), "a.xlsx");

    [Fact]
    public void Macros_are_refused_however_they_are_named()
    {
        Refused("file-macros", Workbook("", extra: ("xl/vbaProject.bin", "x")), "a.xlsx");
        Refused("file-macros", Workbook("", extra: ("xl/macrosheets/sheet1.xml", "<a/>")), "a.xlsx");
        Refused("file-macros", Workbook("", extra: ("[content_types].xml", """<Types><Override PartName="/xl/x.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>""")), "a.xlsx");
    }

    [Fact]
    public void Links_to_other_files_are_refused_and_hyperlinks_are_not()
    {
        Refused("file-links", Workbook("", extra: ("xl/externalLinks/externalLink1.xml", "<a/>")), "a.xlsx");
        Refused("file-links", Workbook("", extra: ("xl/_rels/x.rels", """<Relationships><Relationship TargetMode="External" Type="http://x/oleObject" Target="file:///etc/passwd"/></Relationships>""")), "a.xlsx");
        Assert.Equal(["a"], Read(Workbook("""<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>""", extra: ("xl/worksheets/_rels/sheet1.xml.rels", """<Relationships><Relationship TargetMode="External" Type="http://x/hyperlink" Target="https://example.org"/></Relationships>""")), "a.xlsx").Columns);
    }

    [Fact]
    public void A_document_type_is_refused_in_any_encoding()
    {
        const string xxe = """<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst>&x;</sst>""";
        Refused("file-dtd", Workbook("", extra: ("xl/sharedStrings.xml", xxe)), "a.xlsx");
        Refused("file-dtd", Raw(("xl/sharedStrings.xml", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(xxe)])), "a.xlsx");
    }

    [Fact]
    public void What_is_well_formed_and_no_workbook_is_refused()
    {
        Refused("file-broken", Raw(("readme.txt", "hello"u8.ToArray())), "a.xlsx");
        Refused("file-broken", Raw(("xl/workbook.xml", "<a>"u8.ToArray())), "a.xlsx");
        var cut = Workbook("""<row r="1"><c r="A1"><v>1</v></c></row>""");
        Refused("file-broken", cut[..(cut.Length / 2)], "a.xlsx");
    }

    private static Sheet Read(byte[] file, string name)
    {
        var read = SheetReader.Read(new MemoryStream(file), name);
        Assert.True(read.Ok, read.Problem?.Detail);
        return read.Value;
    }

    private static void Refused(string code, byte[] file, string name, params string[] orElse)
    {
        var read = SheetReader.Read(new MemoryStream(file), name);
        Assert.False(read.Ok);
        Assert.Contains(read.Problem.Code, orElse.Append(code));
    }

    private static byte[] Workbook(string rows, CompressionLevel level = CompressionLevel.Optimal, bool pad = true, params (string Name, string Text)[] extra) =>
        Zip(level, [("[Content_Types].xml", B(Types)), ("_rels/.rels", B(Rels)), ("xl/workbook.xml", B(Book)), ("xl/_rels/workbook.xml.rels", B(BookRels)),
            ("xl/worksheets/sheet1.xml", B($"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>""")),
            .. extra.Select(e => (e.Name, B(e.Text)))], pad);

    private static byte[] Raw(params (string Name, byte[] Bytes)[] parts) => Zip(CompressionLevel.Optimal, parts, pad: false);

    private static byte[] Zip(CompressionLevel level, IEnumerable<(string Name, byte[] Bytes)> parts, bool pad)
    {
        using var kept = new MemoryStream();
        using (var zip = new ZipArchive(kept, ZipArchiveMode.Create, leaveOpen: true))
        {
            // Noise, so that an honest test file does not break the ratio.
            var noise = new byte[pad ? 40_000 : 0];
            new Random(1).NextBytes(noise);
            foreach (var (name, bytes) in parts.Append(("docProps/noise.bin", noise)))
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }
        return kept.ToArray();
    }

    private static string Part(byte[] book, string name)
    {
        using var zip = new ZipArchive(new MemoryStream(book));
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    private static byte[] B(string text) => Encoding.UTF8.GetBytes(text);
}
