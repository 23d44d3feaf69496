using Dapper;
using HealthTeams.FhirGateway.Subscriptions;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>A job's row, with its parts where they are needed.</summary>
internal sealed record BulkJob
{
    public const string Columns = "j.tenant, j.id, j.kind, j.request, j.owner, j.rights::text as RightsJson, j.since, j.patients, j.level, j.state, j.created_at as CreatedAt, j.finished_at as FinishedAt, j.error, j.claim, j.tries";

    public int Tenant { get; init; }
    public Guid Id { get; init; }
    public string Kind { get; init; } = "";
    public string Request { get; init; } = "";
    public string Owner { get; init; } = "";
    public string RightsJson { get; init; } = "";
    public DateTimeOffset? Since { get; init; }
    public string[]? Patients { get; init; }
    public string Level { get; init; } = "";
    public string State { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? Error { get; init; }
    public int Claim { get; init; }
    public int Tries { get; init; }

    public Rights Rights => Rights.Parse(RightsJson);

    /// <summary>Results are shown to the client and user that asked for them.</summary>
    public static string OwnerOf(Caller caller) => $"{caller.Client}|{caller.Id}";
}

internal sealed record BulkPart
{
    public int N { get; init; }
    public string? Type { get; init; }
    public string? Criteria { get; init; }
    public string? Url { get; init; }
    public long Position { get; init; }
    public long Rows { get; init; }
    public long Failed { get; init; }
    public long Bytes { get; init; }
    public long? Total { get; init; }
    public bool Done { get; init; }
}

/// <summary>Begins, shows, cancels and forgets jobs.</summary>
internal sealed class BulkJobs(Db db, BulkFiles files, BulkSettings settings)
{
    private const string Parts = "select n, type, criteria, url, position, rows, failed, bytes, total, done from fhir.bulk_part where tenant = @Tenant and job = @id order by n";
    private readonly Platform.Due.Bell bell = new();

    public Task Next => bell.Next;

    public Task<Problem?> Begin(Caller caller, BulkJob job, IReadOnlyList<BulkPart> parts, CancellationToken stop) => Begun(db.In(caller.Tenant, caller.Actor, async tx =>
    {
        Locks.Take(tx, [$"bulk|{job.Owner}"]);
        var under = await tx.Scalar<long>("select count(*) from fhir.bulk_job where tenant = @Tenant and owner = @Owner and state in ('queued', 'running')", new { tx.Tenant, job.Owner });
        if (under >= settings.MostAtOnce) return new Problem(429, "throttled", $"At most {settings.MostAtOnce} jobs of one client at a time: wait for one to end, or cancel it.");
        await tx.Execute("""
            insert into fhir.bulk_job (tenant, id, kind, request, owner, rights, since, patients, level, created_at, due)
            values (@Tenant, @Id, @Kind, @Request, @Owner, @RightsJson::jsonb, @Since, @Patients, @Level, @CreatedAt, @CreatedAt)
            """, new { tx.Tenant, job.Id, job.Kind, job.Request, job.Owner, job.RightsJson, job.Since, job.Patients, job.Level, job.CreatedAt });
        await tx.Execute("""
            insert into fhir.bulk_part (tenant, job, n, type, criteria, url, total)
            select @Tenant, @Id, p.n, p.type, p.criteria, p.url, p.total from unnest(@ns, @types, @criteria, @urls, @totals) as p (n, type, criteria, url, total)
            """, new
        {
            tx.Tenant, job.Id, ns = parts.Select(p => p.N).ToArray(), types = parts.Select(p => p.Type).ToArray(), criteria = parts.Select(p => p.Criteria).ToArray(),
            urls = parts.Select(p => p.Url).ToArray(), totals = parts.Select(p => p.Total).ToArray(),
        });
        tx.Publish($"bulk.{job.Kind}", $"bulk/{job.Id}");
        return null;
    }, stop));

    private async Task<Problem?> Begun(Task<Problem?> beginning)
    {
        var problem = await beginning;
        bell.Ring();
        return problem;
    }

    public Task<(BulkJob Job, List<BulkPart> Parts)?> Find(Caller caller, Guid id, CancellationToken stop) => db.In<(BulkJob, List<BulkPart>)?>(caller.Tenant, caller.Actor, async tx =>
        await tx.OneOrNone<BulkJob>($"select {BulkJob.Columns} from fhir.bulk_job j where j.tenant = @Tenant and j.id = @id and j.owner = @owner and j.state <> 'cancelled'",
            new { tx.Tenant, id, owner = BulkJob.OwnerOf(caller) }) is { } job ? (job, (await tx.Query<BulkPart>(Parts, new { tx.Tenant, id })).ToList()) : null, stop);

    /// <summary>A worker that is at it sees at its next step that the job is no longer its own, and clears up behind itself.</summary>
    public async Task<bool> Cancel(Caller caller, Guid id, CancellationToken stop)
    {
        var cancelled = await db.In(caller.Tenant, caller.Actor, tx => tx.Execute("""
            update fhir.bulk_job set state = 'cancelled', finished_at = @Now, claim = claim + 1 where tenant = @Tenant and id = @id and owner = @owner and state <> 'cancelled'
            """, new { tx.Tenant, tx.Now, id, owner = BulkJob.OwnerOf(caller) }), stop) == 1;
        if (cancelled) files.Remove(caller.Tenant, id);
        return cancelled;
    }

    public Task<List<BulkPart>> PartsOf(BulkJob job, CancellationToken stop) =>
        db.In(job.Tenant, Actor.Product, async tx => (await tx.Query<BulkPart>(Parts, new { tx.Tenant, id = job.Id })).ToList(), stop);

    /// <returns>How many were forgotten.</returns>
    public async Task<int> Forget(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var old = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition("select tenant, id from fhir.bulk_job where finished_at <= @before limit 100",
            new { before = db.Clock.GetUtcNow() - settings.KeepFor }, cancellationToken: stop))).AsList();
        foreach (var (tenant, id) in old)
        {
            // The files first: a row that is left is found again.
            files.Remove(tenant, id);
            await connection.ExecuteAsync(new CommandDefinition("delete from fhir.bulk_job where tenant = @tenant and id = @id", new { tenant, id }, cancellationToken: stop));
        }
        return old.Count;
    }
}
