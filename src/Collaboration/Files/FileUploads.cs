using HealthTeams.Platform.Blobs;

namespace HealthTeams.Collaboration.Files;

/// <param name="File">A new version of this one; null: a new file.</param>
public sealed record UploadSaid(Guid Team, Guid? Channel, string Name, long Bytes, Guid? File = null, Guid? Patient = null);

/// <param name="File">What it became; null while it is under way.</param>
public sealed record UploadState(long Offset, long Bytes, Guid? File);

/// <summary>Uploads that survive a cut network and a restart (FI-02): begun, continued from where they stand, finished once.</summary>
public sealed class FileUploads(Db db, FileDoor door, FileStore store, ProjectFhir project)
{
    private static readonly Problem Unknown = Problem.NotFound("There is no such upload: it was finished, given up, or is a day old.", "upload-unknown");

    public Task<Outcome<Guid>> Begin(Caller caller, UploadSaid said, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Check(tx, caller, said) is { } refused) return refused;
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.file_upload (tenant, id, team, channel, file, name, patient, bytes, by, created_at, expires_at)
            values (@Tenant, @id, @Team, @Channel, @File, @name, @Patient, @Bytes, @Person, @Now, @until)
            """, new { tx.Tenant, tx.Now, id, said.Team, said.Channel, said.File, name = said.Name.Trim(), said.Patient, said.Bytes, caller.Person, until = tx.Now + FileRules.UploadLasts });
        return id;
    }, stop);

    public async Task<Outcome<UploadState>> State(Caller caller, Guid upload, CancellationToken stop) =>
        await Find(caller, upload, stop) is { } row ? new UploadState(row.Became is null ? store.Length(caller.Tenant, upload) : row.Bytes, row.Bytes, row.Became) : Unknown;

    /// <summary>Takes what comes from <paramref name="offset"/> on; with the last byte the file is there.</summary>
    public async Task<Outcome<UploadState>> Continue(Caller caller, Guid upload, long offset, Stream content, CancellationToken stop)
    {
        if (await Find(caller, upload, stop) is not { } row) return Unknown;
        if (row.Became is not null) return new UploadState(row.Bytes, row.Bytes, row.Became);
        if (await store.Append(caller.Tenant, upload, offset, row.Bytes, content, stop) is not { } length) return new Problem(423, "upload-busy", "This upload is being written by another request.");
        if (length < row.Bytes) return length < offset ? Problem.Conflict("The upload does not stand there. Ask where it stands and go on from there.", "upload-offset") : new UploadState(length, row.Bytes, null);
        await using var whole = store.Read(caller.Tenant, upload);
        var done = await Keep(caller, row.Said, whole, upload, CancellationToken.None);
        if (!done.Ok) return done.Problem;
        store.Drop(caller.Tenant, upload);
        return new UploadState(row.Bytes, row.Bytes, done.Value);
    }

    /// <summary>In one piece: a form without script, an attachment by FHIR.</summary>
    public Task<Outcome<Guid>> Put(Caller caller, UploadSaid said, Stream content, CancellationToken stop) => Keep(caller, said, content, null, stop);

    public async Task Drop(Caller caller, Guid upload, CancellationToken stop)
    {
        if (await db.In(caller.Tenant, caller.Actor, tx => tx.Execute("delete from collab.file_upload where tenant = @Tenant and id = @upload and by = @Person", new { tx.Tenant, upload, caller.Person }), stop) > 0) store.Drop(caller.Tenant, upload);
    }

    private async Task<Outcome<Guid>> Keep(Caller caller, UploadSaid said, Stream content, Guid? upload, CancellationToken stop)
    {
        if (await db.In(caller.Tenant, caller.Actor, tx => Check(tx, caller, said), stop) is { } early) return early;
        var blob = await store.Keep(caller.Tenant, content, stop);
        if (!blob.Ok) return blob.Problem;
        return await db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await Check(tx, caller, said) is { } refused) return refused;
            // Finished twice at once, it becomes one file.
            if (upload is not null && await tx.Scalar<Guid?>("select became from collab.file_upload where tenant = @Tenant and id = @upload for update", new { tx.Tenant, upload }) is { } became) return became;
            var file = await FileSql.Write(tx, said, blob.Value, caller.Person, store.Settings.ClamAv is not null);
            if (upload is not null) await tx.Execute("update collab.file_upload set became = @file where tenant = @Tenant and id = @upload", new { tx.Tenant, file, upload });
            await project(tx, "file", file);
            return file;
        }, stop);
    }

    private async Task<Problem?> Check(Tx tx, Caller caller, UploadSaid said)
    {
        if (said.File is { } id)
        {
            var found = await door.Find(tx, caller, id, change: true);
            if (!found.Ok) return found.Problem;
            if (found.Value.Team != said.Team || found.Value.DeletedAt is not null) return FileDoor.Unknown;
            if (FileRules.Held(found.Value, caller.Person) is { } held) return held;
        }
        else
        {
            var may = await door.Folder(tx, caller, said.Team, said.Channel, change: true);
            if (!may.Ok) return may.Problem;
            if (FileRules.Named(said.Name) is { } wrong) return wrong;
        }
        if (said.Bytes <= 0) return Problem.Unprocessable("The file is empty.", "file", "file-empty");
        if (said.Bytes > store.Settings.Limit) return new Problem(413, "file-size", $"A file has at most {store.Settings.Limit / 1024 / 1024} MB.", "file");
        if (said.Patient is { } p && !await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @p and kind = 'Patient')", new { tx.Tenant, p })) return Problem.Unprocessable("Choose a patient of this hospital.", "patient", "patient-unknown");
        return null;
    }

    private Task<Row?> Find(Caller caller, Guid upload, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.OneOrNone<Row>("""
        select team, channel, file, name, patient, bytes, became from collab.file_upload where tenant = @Tenant and id = @upload and by = @Person and expires_at > @Now
        """, new { tx.Tenant, tx.Now, upload, caller.Person }), stop);

    private sealed record Row
    {
        public Guid Team { get; init; }
        public Guid? Channel { get; init; }
        public Guid? File { get; init; }
        public string Name { get; init; } = "";
        public Guid? Patient { get; init; }
        public long Bytes { get; init; }
        public Guid? Became { get; init; }
        public UploadSaid Said => new(Team, Channel, Name, Bytes, File, Patient);
    }
}

internal static class FileSql
{
    /// <summary>The next version of a file, or a new one; a new one under a taken name gets a number: what is there is not overwritten.</summary>
    public static async Task<Guid> Write(Tx tx, UploadSaid said, Blob blob, Guid? by, bool scanning, string? fhir = null)
    {
        var id = said.File ?? tx.NewId();
        var version = 1;
        if (said.File is not null)
        {
            version = await tx.Scalar<int>("select max(version) + 1 from collab.file_version where tenant = @Tenant and file = @id", new { tx.Tenant, id });
            await tx.Execute("update collab.file set version = @version, rev = rev + 1, modified_at = @Now, modified_by = @by where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, version, by });
        }
        else
        {
            // Two of one name at once: the second waits and gets a number.
            Locks.Take(tx, $"files|{said.Team}");
            await tx.Execute("""
                insert into collab.file (tenant, id, team, channel, name, patient, created_at, created_by, modified_at, modified_by, fhir_id)
                values (@Tenant, @id, @Team, @Channel, @name, @Patient, @Now, @by, @Now, @by, @fhir)
                """, new { tx.Tenant, tx.Now, id, said.Team, said.Channel, name = await Free(tx, said), said.Patient, by, fhir });
        }
        await tx.Execute("""
            insert into collab.file_version (tenant, file, version, hash, type, bytes, scan, next_at, at, by)
            values (@Tenant, @id, @version, @Hash, @type, @Bytes, @scan, @next, @Now, @by)
            """, new { tx.Tenant, tx.Now, id, version, blob.Hash, type = FileRules.TypeOf(said.Name, blob.Type), blob.Bytes, scan = scanning ? "waiting" : "unscanned", next = scanning ? tx.Now : (DateTimeOffset?)null, by });
        tx.Publish(version == 1 ? "file.added" : "file.version-added", $"file/{id}", said.Patient is { } p ? $"person/{p}" : null, new { team = said.Team, version });
        return id;
    }

    private static async Task<string> Free(Tx tx, UploadSaid said)
    {
        var name = said.Name.Trim();
        var taken = (await tx.Query<string>("select lower(name) from collab.file where tenant = @Tenant and team = @Team and channel is not distinct from @Channel and deleted_at is null", new { tx.Tenant, said.Team, said.Channel })).ToHashSet();
        if (!taken.Contains(name.ToLowerInvariant())) return name;
        var (stem, end) = (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));
        stem = stem[..Math.Min(stem.Length, 240 - Math.Min(end.Length, 100))];
        return Enumerable.Range(2, taken.Count + 1).Select(n => $"{stem} ({n}){end}").First(n => !taken.Contains(n.ToLowerInvariant()));
    }
}
