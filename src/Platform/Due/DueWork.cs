using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Platform.Due;

/// <summary>
/// Rows with a next_at that is past: repeats, escalations, empty rooms. A sweep does one batch in one transaction
/// (claim with SKIP LOCKED, act, set the next next_at) and says how many it did; there is no job to cancel.
/// </summary>
public interface IDueSweep
{
    /// <returns>Rows done; a full batch asks to be called again at once.</returns>
    Task<int> Sweep(DateTimeOffset now, CancellationToken stop);
}

/// <summary>Calls each sweep every second, sooner when work was left by a commit of this host.</summary>
public sealed class DueWork(IEnumerable<IDueSweep> sweeps, Wake wake, TimeProvider clock, ILogger<DueWork> log) : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sweeps.Select(sweep => Loop(sweep, stoppingToken)));

    private async Task Loop(IDueSweep sweep, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var done = 0;
            var bell = wake.Bell;
            try
            {
                done = await sweep.Sweep(clock.GetUtcNow(), stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                log.LogWarning("{Sweep} waits for the database: {Reason}", sweep.GetType().Name, e.Message);
            }
            if (done == 0) await wake.Wait(bell, Every, stop);
        }
    }
}
