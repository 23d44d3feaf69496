namespace HealthTeams.Collaboration.Files;

public sealed record TeamFile
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public Guid? Channel { get; init; }
    public string Name { get; init; } = "";
    public Guid? Patient { get; init; }
    public int Version { get; init; }
    public int Rev { get; init; }
    public Guid? LockedBy { get; init; }
    public string? LockedByName { get; init; }
    public DateTimeOffset? LockedAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public DateTimeOffset ModifiedAt { get; init; }
    public string? ModifiedBy { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public string? FhirId { get; init; }
    public string Hash { get; init; } = "";
    public string Type { get; init; } = "";
    public long Bytes { get; init; }
    public string Scan { get; init; } = "";

    internal const string Columns = """
        f.id, f.team, f.channel, f.name, f.patient, f.version, f.rev, f.locked_by as LockedBy, concat_ws(' ', l.title, l.given, l.family) as LockedByName, f.locked_at as LockedAt,
        f.created_at as CreatedAt, concat_ws(' ', c.title, c.given, c.family) as CreatedBy, f.modified_at as ModifiedAt, concat_ws(' ', m.title, m.given, m.family) as ModifiedBy,
        f.deleted_at as DeletedAt, f.fhir_id as FhirId, v.hash, v.type, v.bytes, v.scan
        """;

    internal const string From = """
        collab.file f join collab.file_version v on v.tenant = f.tenant and v.file = f.id and v.version = f.version
        left join collab.person l on l.tenant = f.tenant and l.id = f.locked_by
        left join collab.person c on c.tenant = f.tenant and c.id = f.created_by
        left join collab.person m on m.tenant = f.tenant and m.id = f.modified_by
        """;
}

public sealed record FileVersion
{
    public int Version { get; init; }
    public string Hash { get; init; } = "";
    public string Type { get; init; } = "";
    public long Bytes { get; init; }
    public string Scan { get; init; } = "";
    public string? Found { get; init; }
    public DateTimeOffset At { get; init; }
    public string? By { get; init; }
}

/// <param name="Limit">Bytes of one file.</param>
/// <param name="ClamAv">Host and port of clamd, which scans every version before anybody opens it; null: nothing is scanned.</param>
public sealed record FileSettings(string Folder, long Limit, (string Host, int Port)? ClamAv);

/// <summary>What may be done with a file, and how it is shown. Pure.</summary>
public static class FileRules
{
    /// <summary>A part of an upload; Kestrel takes 10 MB.</summary>
    public const int PartLimit = 8 * 1024 * 1024;
    public const int RetentionDays = 30;
    public static readonly TimeSpan UploadLasts = TimeSpan.FromHours(24);

    /// <summary>By its first bytes; a text is one when its name says so and it holds no other characters. HTML and SVG are files to save, never pages of ours.</summary>
    public static string TypeOf(string name, string sniffed) => sniffed != Platform.Blobs.FileTypes.Unknown ? sniffed : Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".txt" or ".md" or ".log" or ".csv" => "text/plain",
        ".docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => sniffed,
    };

    public static bool Previewed(string type) => type is "image/png" or "image/jpeg" or "image/gif" or "image/webp" or "application/pdf" or "text/plain";

    /// <summary>While a scanner is set only what it found clean; what is infected never.</summary>
    public static Problem? Closed(string scan, bool scanning) => scan switch
    {
        "infected" => Problem.Forbidden("A virus was found in this version. It is kept apart, and nobody opens it.", "file-infected"),
        "waiting" => Problem.Conflict("This version waits for the virus scanner. Try again in a moment.", "file-waiting"),
        "unscanned" when scanning => Problem.Conflict("This version waits for the virus scanner. Try again in a moment.", "file-waiting"),
        _ => null,
    };

    public static Problem? Named(string name) => name.Trim() is { Length: > 0 and <= 250 } n && n is not ("." or "..") && !n.Any(c => c is '/' or '\\' || char.IsControl(c))
        ? null : Problem.Unprocessable("A file's name has 1 to 250 characters, without / and \\.", "name", "file-name");

    /// <summary>Checked out by somebody else: it is read, not written.</summary>
    public static Problem? Held(TeamFile file, Guid? person) => file.LockedBy is { } by && by != person
        ? Problem.Conflict($"{file.LockedByName} has checked this file out. It can be read; it is written again when it is checked in.", "file-checked-out") : null;

    public static readonly Problem Stale = Problem.Conflict("Somebody else changed this file meanwhile. Look at it again and repeat.", "file-stale");
}
