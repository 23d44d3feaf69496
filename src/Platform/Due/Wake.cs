using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Due;

/// <summary>
/// The doorbell of this host's workers: rung after each commit that left work. The poll is the truth;
/// the bell only shortens the wait. Take <see cref="Bell"/> before looking for work, wait for it after: no ring is missed.
/// </summary>
public sealed class Wake
{
    private readonly TimeProvider clock;
    private TaskCompletionSource bell = New();

    public Wake(Db db, TimeProvider clock)
    {
        this.clock = clock;
        db.Committed += Ring;
    }

    public Task Bell => Volatile.Read(ref bell).Task;

    public void Ring() => Interlocked.Exchange(ref bell, New()).TrySetResult();

    public async Task Wait(Task rung, TimeSpan atMost, CancellationToken stop)
    {
        try
        {
            await rung.WaitAsync(atMost, clock, stop);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Time to look anyway, or to stop: the caller's loop knows.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
