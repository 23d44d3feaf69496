using Dapper;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Files;

/// <summary>Versions that wait for the scanner: clean opens them, infected keeps them apart and tells who uploaded and who owns the team.</summary>
public sealed class ScanDue(Db db, FileStore store, ProjectFhir project, ILogger<ScanDue> log) : IDueSweep
{
    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        if (store.Settings.ClamAv is not { } clamd) return 0;
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var due = (await connection.QueryAsync<Waiting>(new CommandDefinition("""
            update collab.file_version set scan = 'waiting', next_at = @again
            where (tenant, file, version) in (select tenant, file, version from collab.file_version where (next_at <= @now or scan = 'unscanned') limit 20 for update skip locked)
            returning tenant, file, version, hash
            """, new { now = now.UtcDateTime, again = (now + DueWork.AfterFailure).UtcDateTime }, cancellationToken: stop))).AsList();
        foreach (var row in due) await Endless.Once($"The scan of file {row.File}", s => Scan(clamd, row, s), log, stop);
        return due.Count;
    }

    private async Task Scan((string, int) clamd, Waiting row, CancellationToken stop)
    {
        string? found;
        await using (var content = store.Open(row.Tenant, row.Hash) ?? throw new IOException("The content is not in the files' folder.")) found = await ClamAv.Scan(clamd, content, stop);
        await db.In(row.Tenant, Actor.Product, async tx =>
        {
            await tx.Execute("update collab.file_version set scan = @scan, found = @found, next_at = null where tenant = @Tenant and file = @File and version = @Version", new { tx.Tenant, row.File, row.Version, found, scan = found is null ? "clean" : "infected" });
            if (found is null)
            {
                await project(tx, "file", row.File);
                return;
            }
            tx.Publish("file.infected", $"file/{row.File}", data: new { row.Version });
            var (name, team, by) = (await tx.Query<(string, Guid, Guid?)>("select f.name, f.team, v.by from collab.file f join collab.file_version v on v.tenant = f.tenant and v.file = f.id and v.version = @Version where f.tenant = @Tenant and f.id = @File", new { tx.Tenant, row.File, row.Version }))[0];
            var owners = await tx.Query<Guid>("select person from collab.team_member where tenant = @Tenant and team = @team and role = 'Owner'", new { tx.Tenant, team });
            await Notices.Tell(tx, [.. owners, .. by is { } who ? new[] { who } : []], "file.infected", $"/files/one/{row.File}", new { file = name, found }, $"infected:{row.File}:{row.Version}");
        }, stop);
    }

    private sealed record Waiting
    {
        public int Tenant { get; init; }
        public Guid File { get; init; }
        public int Version { get; init; }
        public string Hash { get; init; } = "";
    }
}

/// <summary>Deleted files whose time is over go with their content; uploads that nobody finished go, too. What is under a legal hold waits.</summary>
public sealed class PurgeDue(Db db, FileStore store, ILogger<PurgeDue> log) : IDueSweep
{
    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var gone = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition("""
            select f.tenant, f.id from collab.file f left join collab.file_setting s on s.tenant = f.tenant and s.team = f.team
            where f.deleted_at is not null and f.deleted_at < @now - make_interval(days => coalesce(s.retention_days, @days)) and not platform.held(f.tenant, f.team, f.patient) limit 50
            """, new { now = now.UtcDateTime, days = FileRules.RetentionDays }, cancellationToken: stop))).AsList();
        foreach (var (tenant, id) in gone) await Endless.Once($"The end of file {id}", s => Purge(tenant, id, s), log, stop);
        var left = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition("delete from collab.file_upload where expires_at <= @now returning tenant, id", new { now = now.UtcDateTime }, cancellationToken: stop))).AsList();
        foreach (var (tenant, id) in left) store.Drop(tenant, id);
        return gone.Count + left.Count;
    }

    private async Task Purge(int tenant, Guid id, CancellationToken stop)
    {
        var free = await db.In(tenant, Actor.Product, async tx =>
        {
            var hashes = await tx.Query<string>("""
                with mine as (delete from collab.file_version where tenant = @Tenant and file = @id returning hash)
                select distinct hash from mine m where not exists (select from collab.file_version o where o.tenant = @Tenant and o.hash = m.hash and o.file <> @id)
                """, new { tx.Tenant, id });
            await tx.Execute("delete from collab.file where tenant = @Tenant and id = @id", new { tx.Tenant, id });
            tx.Publish("file.purged", $"file/{id}");
            return hashes;
        }, stop);
        foreach (var hash in free) store.Remove(tenant, hash);
    }
}
