namespace HealthTeams.FhirGateway.Bulk;

/// <param name="DataDir">Where files go; hosts that share the work share this folder.</param>
public sealed record BulkSettings(string DataDir)
{
    /// <summary>How long results stay after the end.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Jobs under way per client.</summary>
    public int MostAtOnce { get; init; } = 5;

    /// <summary>Resources per step; what a crash has to do again.</summary>
    public int Step { get; init; } = 500;

    /// <summary>Bytes of one import file.</summary>
    public long ImportLimit { get; init; } = 2L * 1024 * 1024 * 1024;
}

/// <summary>The seam to wherever files are kept: a folder per job. What lies behind the noted length was written by a run that was killed, and is cut off.</summary>
internal sealed class BulkFiles(BulkSettings settings)
{
    private string Folder(int tenant, Guid job) => Path.Combine(settings.DataDir, "bulk", tenant.ToString(System.Globalization.CultureInfo.InvariantCulture), job.ToString("N"));

    /// <param name="noted">The length that the job's row knows of.</param>
    /// <exception cref="IOException">The file is not here: it was written on a host with another folder.</exception>
    public FileStream Append(int tenant, Guid job, string name, long noted)
    {
        var folder = Folder(tenant, job);
        // What is in it is patients' data: for the product's own user, nobody else on this machine.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = new FileStream(Path.Combine(folder, name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 64 * 1024, useAsync: true);
        if (file.Length < noted)
        {
            file.Dispose();
            throw new IOException($"{name} has fewer bytes than were written: all workers need the same DATA_DIR.");
        }
        file.SetLength(noted);
        file.Seek(noted, SeekOrigin.Begin);
        return file;
    }

    /// <returns>Null when there is no such file.</returns>
    public FileStream? Read(int tenant, Guid job, string name)
    {
        var path = Path.Combine(Folder(tenant, job), name);
        return File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, useAsync: true) : null;
    }

    public void Remove(int tenant, Guid job)
    {
        if (Directory.Exists(Folder(tenant, job))) Directory.Delete(Folder(tenant, job), recursive: true);
    }
}
