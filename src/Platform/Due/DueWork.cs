using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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

    /// <summary>A row that failed is left alone so long: it must neither hold up the others nor spin.</summary>
    public static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sweeps.Select(sweep => Endless.Run(sweep.GetType().Name, stop => Round(sweep, stop), log, stoppingToken)));

    private async Task Round(IDueSweep sweep, CancellationToken stop)
    {
        var bell = wake.Soon;
        if (await sweep.Sweep(clock.GetUtcNow(), stop) == 0) await wake.Wait(bell, Every, stop);
    }
}
