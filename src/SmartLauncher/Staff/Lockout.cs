namespace HealthTeams.SmartLauncher.Staff;

/// <summary>
/// After some failures a pair of user name and network address waits: longer each time, never for ever. A user name alone is
/// only slowed, whoever tries it: a stranger elsewhere must not be able to lock a clinician out.
/// </summary>
public static class Lockout
{
    public const int FreeAttempts = 5;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Failures older than this no longer count.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    /// <summary>Failures of one user name, from anywhere, before its attempts are slowed.</summary>
    public const int FreeAttemptsOfName = 50;
    public static readonly TimeSpan NameForgotten = TimeSpan.FromMinutes(15);
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    /// <summary>How long a pair waits after so many failures.</summary>
    public static TimeSpan Wait(int failures)
    {
        if (failures < FreeAttempts) return TimeSpan.Zero;
        var wait = First * Math.Pow(2, Math.Min(failures - FreeAttempts, 10));
        return wait < Longest ? wait : Longest;
    }

    /// <summary>The wait after the first, second… failure, up to where it grows no more.</summary>
    internal static readonly TimeSpan[] Waits = [.. Enumerable.Range(1, FreeAttempts + 10).Select(Wait)];
}
