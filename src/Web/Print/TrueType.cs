using System.Buffers.Binary;

namespace HealthTeams.Web.Print;

/// <summary>What a PDF needs to know of a TrueType font: which glyph a character has, and how wide it is. OpenType 1.9: cmap format 4, hmtx.</summary>
internal sealed class TrueType
{
    private readonly byte[] font;
    private readonly Dictionary<string, int> tables = new(StringComparer.Ordinal);
    private readonly int metrics;
    private readonly int segments, map;

    public TrueType(byte[] font)
    {
        this.font = font;
        for (var i = 0; i < U16(4); i++)
        {
            var entry = 12 + 16 * i;
            tables[System.Text.Encoding.ASCII.GetString(font, entry, 4)] = (int)BinaryPrimitives.ReadUInt32BigEndian(font.AsSpan(entry + 8));
        }
        UnitsPerEm = U16(tables["head"] + 18);
        metrics = U16(tables["hhea"] + 34);
        var cmap = tables["cmap"];
        for (var i = 0; i < U16(cmap + 2); i++)
        {
            var entry = cmap + 4 + 8 * i;
            var at = cmap + (int)BinaryPrimitives.ReadUInt32BigEndian(font.AsSpan(entry + 4));
            if (U16(entry) == 3 && U16(entry + 2) == 1 && U16(at) == 4) map = at;
        }
        if (map == 0) throw new InvalidDataException("The font has no Unicode map of format 4.");
        segments = U16(map + 6);
    }

    public byte[] Bytes => font;
    public int UnitsPerEm { get; }
    public int Ascent => I16(tables["hhea"] + 4) * 1000 / UnitsPerEm;
    public int Descent => I16(tables["hhea"] + 6) * 1000 / UnitsPerEm;
    public IEnumerable<int> Box => new[] { 36, 38, 40, 42 }.Select(o => I16(tables["head"] + o) * 1000 / UnitsPerEm);

    /// <summary>0 is the sign for what the font lacks.</summary>
    public int Glyph(char c)
    {
        for (var i = 0; i < segments; i += 2)
        {
            if (U16(map + 14 + i) < c) continue;
            var start = U16(map + 16 + segments + i);
            if (start > c) return 0;
            var offset = U16(map + 16 + 3 * segments + i);
            var delta = U16(map + 16 + 2 * segments + i);
            if (offset == 0) return (c + delta) & 0xFFFF;
            var glyph = U16(map + 16 + 3 * segments + i + offset + 2 * (c - start));
            return glyph == 0 ? 0 : (glyph + delta) & 0xFFFF;
        }
        return 0;
    }

    /// <summary>In thousandths of the font's size.</summary>
    public int Width(int glyph) => U16(tables["hmtx"] + 4 * Math.Min(glyph, metrics - 1)) * 1000 / UnitsPerEm;

    private int U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(font.AsSpan(at));
    private int I16(int at) => BinaryPrimitives.ReadInt16BigEndian(font.AsSpan(at));
}
