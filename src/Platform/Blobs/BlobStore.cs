using System.Security.Cryptography;

namespace HealthTeams.Platform.Blobs;

/// <summary>Where files are kept: a folder by default.</summary>
public sealed record BlobSettings(string Folder)
{
    public long Limit { get; init; } = 10 * 1024 * 1024;
}

/// <summary>A kept file, known by its content.</summary>
/// <param name="Hash">SHA-256 in hexadecimal, of the content.</param>
/// <param name="Type">Found in the content; what the sender called it is not believed.</param>
public sealed record Blob(string Hash, string Type, long Bytes);

/// <summary>
/// Files that people attach: one folder per tenant, named by content, written beside and renamed, so that a file is whole or
/// not there. Who may open one is the slice's question, which keeps the hash in its rows.
/// </summary>
public sealed class BlobStore(BlobSettings settings)
{
    public const string Image = "image/";

    /// <param name="kinds">Beginnings of the types that are welcome: "image/", "application/pdf".</param>
    public async Task<Outcome<Blob>> Keep(int tenant, Stream content, IReadOnlyCollection<string> kinds, CancellationToken stop, long? limit = null)
    {
        var folder = Path.Combine(settings.Folder, $"{tenant}");
        Folder(folder);
        var beside = Path.Combine(folder, $"{Path.GetRandomFileName()}.part");
        try
        {
            var kept = await Write(content, beside, kinds, limit ?? settings.Limit, stop);
            if (!kept.Ok) return kept.Problem;
            var place = Of(tenant, kept.Value.Hash);
            Folder(Path.GetDirectoryName(place)!);
            File.Move(beside, place, overwrite: true);
            return kept.Value;
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>Null when the store does not have it.</summary>
    public Stream? Open(int tenant, string hash)
    {
        if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower)) return null;
        var place = Of(tenant, hash);
        return File.Exists(place) ? new FileStream(place, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true) : null;
    }

    /// <summary>For a slice with a folder of its own, whose rows alone name what is in it.</summary>
    public void Remove(int tenant, string hash)
    {
        if (hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)) File.Delete(Of(tenant, hash));
    }

    private static async Task<Outcome<Blob>> Write(Stream content, string beside, IReadOnlyCollection<string> kinds, long limit, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        var bytes = 0L;
        string? type = null;
        await using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, useAsync: true))
        {
            int read;
            while ((read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop)) > 0)
            {
                type ??= FileTypes.Sniff(buffer.AsSpan(0, read));
                if (!kinds.Any(k => type.StartsWith(k, StringComparison.Ordinal)))
                {
                    return Problem.Unprocessable($"This file is not of a kind that is taken here ({string.Join(", ", kinds)}): its content says {type}.", "file", "file-kind");
                }
                if ((bytes += read) > limit) return new Problem(413, "file-size", $"A file has at most {limit / 1024 / 1024} MB.", "file");
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), stop);
            }
            file.Flush(flushToDisk: true);
        }
        if (type is null) return Problem.Unprocessable("The file is empty.", "file", "file-empty");
        return new Blob(Convert.ToHexStringLower(hash.GetHashAndReset()), type, bytes);
    }

    /// <summary>Photographs of patients: readable by the product alone.</summary>
    private static void Folder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Of(int tenant, string hash) => Path.Combine(settings.Folder, $"{tenant}", hash[..2], hash);
}
