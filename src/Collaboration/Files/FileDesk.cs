using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Files;

public sealed record FileFolder(Guid? Channel, string Name, int Files);

/// <summary>A team's files as one opens them.</summary>
public sealed record FilesView(Standing Standing, IReadOnlyList<FileFolder> Folders, IReadOnlyList<TeamFile> Files, int RetentionDays);

public sealed record FileView(TeamFile File, Standing Standing, IReadOnlyList<FileVersion> Versions, Problem? Closed, bool Holds, IReadOnlyList<FileFolder> Folders);

/// <summary>What people do with files (FI-01 to FI-03): look, open, check out and in, rename, move, take an old version back, delete and restore.</summary>
public sealed class FileDesk(Db db, FileDoor door, TeamDoor teams, FileStore store, AccessLog audit, ProjectFhir project)
{
    /// <summary>Shown at once; search finds the others.</summary>
    public const int Limit = 500;

    /// <param name="deleted">Those that can still be brought back.</param>
    public async Task<Outcome<FilesView>> Folder(Caller caller, Guid team, Guid? channel, string? search, bool deleted, CancellationToken stop)
    {
        var view = await db.In<Outcome<FilesView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var may = await door.Folder(tx, caller, team, channel);
            if (!may.Ok) return may.Problem;
            var files = await tx.Query<TeamFile>($"""
                select {TeamFile.Columns} from {TeamFile.From}
                where f.tenant = @Tenant and f.team = @team and (@deleted or @search is not null or f.channel is not distinct from @channel) and (f.deleted_at is not null) = @deleted and (@search is null or f.name ilike @search)
                  and (f.channel is null or exists (select from collab.channel k where k.tenant = f.tenant and k.id = f.channel and {ChannelSql.Seen}))
                order by lower(f.name), f.id limit {Limit}
                """, new { tx.Tenant, team, channel, deleted, search = Like(search), caller.Person });
            return new FilesView(may.Value, await Folders(tx, team, caller.Person), files, await Retention(tx, team));
        }, stop);
        if (view.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "list", $"files/{team}", null, 200), view.Value.Files.Select(f => f.Patient is { } p ? $"person/{p}" : null), stop);
        return view;
    }

    /// <summary>By name, in all teams of the caller.</summary>
    public Task<IReadOnlyList<(TeamFile File, string Team)>> Search(Caller caller, string search, CancellationToken stop) => db.In<IReadOnlyList<(TeamFile, string)>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (Like(search) is not { } like) return [];
        var mine = (await teams.Mine(tx, caller.Person)).ToDictionary(t => t.Id, t => t.Name);
        return [.. (await tx.Query<TeamFile>($"""
            select {TeamFile.Columns} from {TeamFile.From}
            where f.tenant = @Tenant and f.team = any(@teams) and f.deleted_at is null and f.name ilike @like
              and (f.channel is null or exists (select from collab.channel k where k.tenant = f.tenant and k.id = f.channel and k.deleted_at is null and {ChannelSql.Seen})) order by f.modified_at desc limit 100
            """, new { tx.Tenant, teams = mine.Keys.ToArray(), like, caller.Person })).Select(f => (f, mine[f.Team]))];
    }, stop);

    public async Task<Outcome<FileView>> Open(Caller caller, Guid id, CancellationToken stop)
    {
        var view = await db.In<Outcome<FileView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var found = await door.Find(tx, caller, id);
            if (!found.Ok) return found.Problem;
            var versions = await tx.Query<FileVersion>("""
                select v.version, v.hash, v.type, v.bytes, v.scan, v.found, v.at, concat_ws(' ', p.title, p.given, p.family) as By
                from collab.file_version v left join collab.person p on p.tenant = v.tenant and p.id = v.by where v.tenant = @Tenant and v.file = @id order by v.version desc
                """, new { tx.Tenant, id });
            return new FileView(found.Value, (await teams.Standing(tx, found.Value.Team, caller.Person))!, versions, FileRules.Closed(found.Value.Scan, store.Settings.ClamAv is not null), found.Value.LockedBy == caller.Person, await Folders(tx, found.Value.Team, caller.Person));
        }, stop);
        if (view.Ok) await Read(caller, view.Value.File, "view", stop);
        return view;
    }

    /// <summary>The content of a version; null is the current one.</summary>
    public async Task<Outcome<(TeamFile File, FileVersion Version, Stream Content)>> Content(Caller caller, Guid id, int? version, CancellationToken stop)
    {
        var found = await Open(caller, id, stop);
        if (!found.Ok) return found.Problem;
        if (found.Value.File.DeletedAt is not null || found.Value.Versions.FirstOrDefault(v => v.Version == (version ?? found.Value.File.Version)) is not { } wanted) return FileDoor.Unknown;
        if (FileRules.Closed(wanted.Scan, store.Settings.ClamAv is not null) is { } closed) return closed;
        if (store.Open(caller.Tenant, wanted.Hash) is not { } content) return Problem.NotFound("The content of this file is lost: it is not in the files' folder.", "file-lost");
        await Read(caller, found.Value.File, "read", stop);
        return (found.Value.File, wanted, content);
    }

    public Task<Outcome<bool>> CheckOut(Caller caller, Guid id, int rev, CancellationToken stop) => Change(caller, id, rev, "file.checked-out", async (tx, file) =>
    {
        await tx.Execute("update collab.file set locked_by = @Person, locked_at = @Now, rev = rev + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, caller.Person });
        return true;
    }, stop);

    /// <summary>By who has it; an owner breaks another's, who is told.</summary>
    public Task<Outcome<bool>> CheckIn(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var found = await door.Find(tx, caller, id, change: true);
        if (!found.Ok) return found.Problem;
        if (found.Value.LockedBy is not { } by) return true;
        if (by != caller.Person)
        {
            var owner = await teams.May(tx, caller, found.Value.Team, TeamRole.Owner, change: true);
            if (!owner.Ok) return owner.Problem;
            await Notices.Tell(tx, [by], "file.lock-broken", $"/files/one/{id}", new { file = found.Value.Name, by = caller.Display });
        }
        await tx.Execute("update collab.file set locked_by = null, locked_at = null, rev = rev + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        tx.Publish(by == caller.Person ? "file.checked-in" : "file.lock-broken", $"file/{id}", data: new { team = found.Value.Team, person = by });
        return true;
    }, stop);

    public Task<Outcome<bool>> Move(Caller caller, Guid id, int rev, string name, Guid? channel, CancellationToken stop) => Change(caller, id, rev, "file.renamed", async (tx, file) =>
    {
        if (FileRules.Named(name) is { } wrong) return wrong;
        var may = await door.Folder(tx, caller, file.Team, channel, change: true);
        if (!may.Ok) return may.Problem;
        await tx.Execute("update collab.file set name = @name, channel = @channel, rev = rev + 1, modified_at = @Now, modified_by = @Person where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, name = name.Trim(), channel, caller.Person });
        return true;
    }, stop);

    /// <summary>An old version becomes the newest; nothing between them is lost.</summary>
    public Task<Outcome<bool>> TakeBack(Caller caller, Guid id, int rev, int version, CancellationToken stop) => Change(caller, id, rev, "file.version-restored", async (tx, file) =>
    {
        if (await tx.Execute("""
            insert into collab.file_version (tenant, file, version, hash, type, bytes, scan, found, next_at, at, by)
            select tenant, file, (select max(version) + 1 from collab.file_version where tenant = @Tenant and file = @id), hash, type, bytes, scan, found, next_at, @Now, @Person
            from collab.file_version where tenant = @Tenant and file = @id and version = @version and scan <> 'infected'
            """, new { tx.Tenant, tx.Now, id, version, caller.Person }) == 0) return Problem.Unprocessable("There is no such version, or a virus was found in it.", "version", "file-version");
        await tx.Execute("update collab.file set version = (select max(version) from collab.file_version where tenant = @Tenant and file = @id), rev = rev + 1, modified_at = @Now, modified_by = @Person where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, caller.Person });
        return true;
    }, stop);

    public Task<Outcome<bool>> Delete(Caller caller, Guid id, int rev, CancellationToken stop) => Change(caller, id, rev, "file.deleted", async (tx, file) =>
    {
        await tx.Execute("update collab.file set deleted_at = @Now, deleted_by = @Person, locked_by = null, locked_at = null, rev = rev + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, caller.Person });
        return true;
    }, stop);

    public Task<Outcome<bool>> Restore(Caller caller, Guid id, CancellationToken stop) => Change(caller, id, null, "file.restored", async (tx, file) =>
    {
        await tx.Execute("update collab.file set deleted_at = null, deleted_by = null, rev = rev + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        return true;
    }, stop, deleted: true);

    /// <summary>How long deleted files can be brought back: an owner's decision.</summary>
    public Task<Outcome<bool>> Retain(Caller caller, Guid team, int days, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Owner, change: true);
        if (!may.Ok) return may.Problem;
        if (days is < 1 or > 3650) return Problem.Unprocessable("Deleted files are kept for 1 to 3650 days.", "days", "file-retention");
        await tx.Execute("insert into collab.file_setting (tenant, team, retention_days) values (@Tenant, @team, @days) on conflict (tenant, team) do update set retention_days = @days", new { tx.Tenant, team, days });
        tx.Publish("team.setting-changed", $"team/{team}", data: new { fileRetentionDays = days });
        return true;
    }, stop);

    private Task<Outcome<bool>> Change(Caller caller, Guid id, int? rev, string kind, Func<Tx, TeamFile, Task<Outcome<bool>>> change, CancellationToken stop, bool deleted = false) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var found = await door.Find(tx, caller, id, change: true);
        if (!found.Ok) return found.Problem;
        var file = found.Value;
        if (file.DeletedAt is not null != deleted) return FileDoor.Unknown;
        if (FileRules.Held(file, caller.Person) is { } held) return held;
        if (rev is not null && rev != file.Rev) return FileRules.Stale;
        var done = await change(tx, file);
        if (!done.Ok) return tx.Abandon(done);
        tx.Publish(kind, $"file/{id}", file.Patient is { } p ? $"person/{p}" : null, new { team = file.Team });
        await project(tx, "file", id);
        return done;
    }, stop);

    private ValueTask Read(Caller caller, TeamFile file, string action, CancellationToken stop) =>
        audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, action, $"file/{file.Id}", file.Patient is { } p ? $"person/{p}" : null, 200), stop);

    private static async Task<IReadOnlyList<FileFolder>> Folders(Tx tx, Guid team, Guid? person) => [.. (await tx.Query<(Guid Id, string Name, int Files)>($"""
        select k.id, k.name, (select count(*)::int from collab.file f where f.tenant = k.tenant and f.channel = k.id and f.deleted_at is null)
        from collab.channel k where k.tenant = @Tenant and k.team = @team and k.deleted_at is null and {ChannelSql.Seen} order by k.position, lower(k.name)
        """, new { tx.Tenant, team, person })).Select(c => new FileFolder(c.Id, c.Name, c.Files))];

    internal static async Task<int> Retention(Tx tx, Guid team) => await tx.Scalar<int?>("select retention_days from collab.file_setting where tenant = @Tenant and team = @team", new { tx.Tenant, team }) ?? FileRules.RetentionDays;

    private static string? Like(string? text) => string.IsNullOrWhiteSpace(text) ? null
        : "%" + text.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}
