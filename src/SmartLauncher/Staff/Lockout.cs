namespace HealthTeams.SmartLauncher.Staff;

/// <summary>After some failures a pair of user name and network address waits: longer each time, never for ever.</summary>
public static class Lockout
{
    public const int FreeAttempts = 5;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Failures older than this no longer count.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    public static DateTimeOffset OpenAgain(int failures, DateTimeOffset last)
    {
        if (failures < FreeAttempts) return last;
        var wait = First * Math.Pow(2, Math.Min(failures - FreeAttempts, 10));
        return last + (wait < Longest ? wait : Longest);
    }
}
