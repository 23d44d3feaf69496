using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Due;

/// <summary>
/// The doorbell of this host's workers: rung after each commit that left work. The poll is the truth;
/// the bell only shortens the wait. Take <see cref="Bell"/> before looking for work, wait for it after: no ring is missed.
/// </summary>
public sealed class Wake
{
    private readonly TimeProvider clock;
    private readonly Bell bell = new(), soon = new();

    public Wake(Db db, TimeProvider clock)
    {
        this.clock = clock;
        db.Committed += Ring;
    }

    public Task Bell => bell.Next;

    /// <summary>
    /// The same, 25 ms later and once for all commits of that time: for loops that mostly find nothing. Under load each
    /// commit would make each of them look, which costs the database as much as the commits.
    /// </summary>
    public Task Soon => soon.Next;

    public void Ring()
    {
        bell.Ring();
        soon.RingSoon();
    }

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
}

/// <summary>Take <see cref="Next"/>, look, wait for it: what happens while looking is not missed.</summary>
public sealed class Bell
{
    /// <summary>So long is waited for more to ring for.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(25);
    private TaskCompletionSource next = New();
    private int gathering;

    public Task Next => Volatile.Read(ref next).Task;

    public void Ring() => Interlocked.Exchange(ref next, New()).TrySetResult();

    /// <summary>Once for all who ask within <see cref="Gather"/>, at its end.</summary>
    public void RingSoon()
    {
        if (Interlocked.Exchange(ref gathering, 1) == 1) return;
        _ = Task.Delay(Gather).ContinueWith(_ =>
        {
            Volatile.Write(ref gathering, 0);
            Ring();
        }, TaskScheduler.Default);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
