using HealthTeams.Platform.Blobs;

namespace HealthTeams.Collaboration.Files;

/// <summary>Contents, and the parts of uploads that are under way: a part's length is how much has come, so that a restart loses nothing.</summary>
public sealed class FileStore(FileSettings settings)
{
    private readonly BlobStore blobs = new(new BlobSettings(settings.Folder));

    public FileSettings Settings => settings;

    public Stream? Open(int tenant, string hash) => blobs.Open(tenant, hash);

    internal Task<Outcome<Blob>> Keep(int tenant, Stream content, CancellationToken stop) => blobs.Keep(tenant, content, [""], stop, settings.Limit);

    internal void Remove(int tenant, string hash) => blobs.Remove(tenant, hash);

    internal long Length(int tenant, Guid upload) => new FileInfo(Part(tenant, upload)) is { Exists: true } part ? part.Length : 0;

    /// <summary>What came before the network was cut is kept. One writer at a time.</summary>
    /// <returns>How much is there now; null while another request writes it.</returns>
    internal async Task<long?> Append(int tenant, Guid upload, long offset, long total, Stream content, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part(tenant, upload))!);
        FileStream part;
        try
        {
            part = new FileStream(Part(tenant, upload), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, useAsync: true);
        }
        catch (IOException)
        {
            return null;
        }
        await using (part)
        {
            if (part.Length != offset) return part.Length;
            part.Seek(offset, SeekOrigin.Begin);
            var buffer = new byte[64 * 1024];
            try
            {
                int read;
                while (part.Length < total && (read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, total - part.Length)), stop)) > 0) await part.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The sender went away: what came is there, and the sender asks how much.
            }
            part.Flush(flushToDisk: true);
            return part.Length;
        }
    }

    internal FileStream Read(int tenant, Guid upload) => new(Part(tenant, upload), FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: true);

    internal void Drop(int tenant, Guid upload) => File.Delete(Part(tenant, upload));

    private string Part(int tenant, Guid upload) => Path.Combine(settings.Folder, $"{tenant}", "uploads", $"{upload:N}.part");
}
