using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Platform.Due;

/// <summary>A loop of the product that outlives whatever goes wrong in one of its rounds: said in the log, then a pause, then on.</summary>
public static class Endless
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task Run(string what, Func<CancellationToken, Task> round, ILogger log, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                // The bell does not shorten this pause: a round that fails at every commit would spin.
                if (!await Once(what, round, log, stop)) await Task.Delay(Pause, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    /// <returns>False when it failed; why is in the log.</returns>
    public static async Task<bool> Once(string what, Func<CancellationToken, Task> round, ILogger log, CancellationToken stop)
    {
        try
        {
            await round(stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is NpgsqlException { IsTransient: true } or TimeoutException or IOException)
        {
            log.LogWarning("{What} waits for the database: {Reason}", what, e.Message);
        }
#pragma warning disable CA1031 // One bug must neither end the other loops nor the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.LogError(e, "{What} failed and goes on", what);
        }
        return false;
    }
}
