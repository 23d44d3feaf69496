using Dapper;
using HealthTeams.FhirGateway.Subscriptions;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>
/// Runs jobs, a few at a time. A claim is a lease that every step renews; a job whose worker was killed is taken up by the
/// next one from the place its parts have noted.
/// </summary>
internal sealed class BulkWork(Db db, BulkJobs jobs, BulkFiles files, Exporting exporting, Importing importing, ILogger<BulkWork> log) : BackgroundService
{
    private const int Slots = 2;
    private const int MostTries = 10;
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Enumerable.Range(0, Slots).Select(_ => Endless.Run("Bulk data", Round, log, stoppingToken)).Append(Endless.Run("Old bulk data", Old, log, stoppingToken)));

    private async Task Old(CancellationToken stop)
    {
        if (await jobs.Forget(stop) == 0) await Task.Delay(Poll, stop);
    }

    private async Task Round(CancellationToken stop)
    {
        var rung = jobs.Next;
        if (await Take(stop) is not { } job)
        {
            await SubscriptionBell.Wait(rung, Poll, stop);
            return;
        }
        if (job.Tries > MostTries) await End(job, "failed", "It was begun again too often without getting on; the log of the product says why.");
        else await Run(job, stop);
    }

    private async Task<BulkJob?> Take(CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return await connection.QuerySingleOrDefaultAsync<BulkJob>(new CommandDefinition($"""
            with head as (
              select tenant, id from fhir.bulk_job where state in ('queued', 'running') and due <= @now
              order by due limit 1 for update skip locked)
            update fhir.bulk_job j set state = 'running', due = @until, claim = j.claim + 1, tries = j.tries + 1
            from head where j.tenant = head.tenant and j.id = head.id
            returning {BulkJob.Columns}
            """, new { now, until = now + Lease }, cancellationToken: stop));
    }

    private async Task Run(BulkJob job, CancellationToken stop)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var keeping = Keep(job, lost);
        try
        {
            var problem = job.Kind == "export" ? await exporting.Run(job, lost.Token) : await importing.Run(job, lost.Token);
            if (problem is null) await End(job, "done", null);
            else if (problem.Code == LostLease) files.Remove(job.Tenant, job.Id);
            else await End(job, "failed", problem.Detail);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await using var connection = await db.Worker.OpenConnectionAsync(CancellationToken.None);
            await connection.ExecuteAsync("update fhir.bulk_job set due = @now, tries = 0 where tenant = @Tenant and id = @Id and claim = @Claim", new { job.Tenant, job.Id, job.Claim, now = db.Clock.GetUtcNow() });
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            files.Remove(job.Tenant, job.Id);
        }
        catch (IOException e)
        {
            await End(job, "failed", e.Message);
        }
        finally
        {
            await lost.CancelAsync();
            await keeping;
        }
    }

    /// <summary>Renews the lease through a step that takes long (a download, a search over millions); ends the run when it is cancelled.</summary>
    private async Task Keep(BulkJob job, CancellationTokenSource lost)
    {
        while (!lost.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Renewal, lost.Token);
                await using var connection = await db.Worker.OpenConnectionAsync(lost.Token);
                if (await connection.ExecuteAsync(new CommandDefinition("update fhir.bulk_job set due = @until where tenant = @Tenant and id = @Id and claim = @Claim and state = 'running'",
                    new { job.Tenant, job.Id, job.Claim, until = db.Clock.GetUtcNow() + Lease }, cancellationToken: lost.Token)) == 0) await lost.CancelAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException or IOException)
            {
                log.LogWarning("The lease of bulk job {Job} could not be renewed: {Reason}", job.Id, e.Message);
            }
        }
    }

    private async Task End(BulkJob job, string state, string? error)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("update fhir.bulk_job set state = @state, error = @error, finished_at = @now where tenant = @Tenant and id = @Id and claim = @Claim",
            new { job.Tenant, job.Id, job.Claim, state, error, now = db.Clock.GetUtcNow() });
    }

    public const string LostLease = "lost-lease";

    /// <summary>Cancelled, or taken by another worker: whoever says this writes nothing any more.</summary>
    public static readonly Problem Lost = new(409, LostLease, "The job is no longer this worker's.");

    /// <summary>Notes a step; in the transaction of the step, where it has one.</summary>
    /// <returns>False when the job is no longer this worker's.</returns>
    public static async Task<bool> Note(Tx tx, BulkJob job, BulkPart part)
    {
        if (await tx.Execute("update fhir.bulk_job set due = @until, tries = 0 where tenant = @Tenant and id = @Id and claim = @Claim and state = 'running'", new { tx.Tenant, job.Id, job.Claim, until = tx.Now + Lease }) == 0) return false;
        await tx.Execute("update fhir.bulk_part set position = @Position, rows = @Rows, failed = @Failed, bytes = @Bytes, total = @Total, done = @Done where tenant = @Tenant and job = @Id and n = @N",
            new { tx.Tenant, job.Id, part.N, part.Position, part.Rows, part.Failed, part.Bytes, part.Total, part.Done });
        return true;
    }
}
