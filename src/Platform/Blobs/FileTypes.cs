namespace HealthTeams.Platform.Blobs;

/// <summary>What a file is by its first bytes. SVG and HTML are none of the known ones: they could run in a reader's page. Pure.</summary>
public static class FileTypes
{
    public const string Unknown = "application/octet-stream";

    public static string Sniff(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])) return "image/png";
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return "image/jpeg";
        if (start.StartsWith("GIF87a"u8) || start.StartsWith("GIF89a"u8)) return "image/gif";
        if (start.Length >= 12 && start.StartsWith("RIFF"u8) && start[8..12].SequenceEqual("WEBP"u8)) return "image/webp";
        if (start.Length >= 12 && start[4..8].SequenceEqual("ftyp"u8) && (start[8..12].SequenceEqual("heic"u8) || start[8..12].SequenceEqual("mif1"u8))) return "image/heic";
        if (start.StartsWith("%PDF-"u8)) return "application/pdf";
        return Unknown;
    }
}
