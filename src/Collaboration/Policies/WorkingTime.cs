using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.Policies;

/// <summary>What a policy makes of the hour (FS-03).</summary>
/// <param name="OffShift">"Allow" while at work, or where the policy lets be.</param>
/// <param name="Quiet">Only what is urgent makes a sound.</param>
public sealed record WorkingHour(string OffShift, bool Quiet)
{
    public static readonly WorkingHour Any = new("Allow", false);

    /// <summary>Pure. Quiet time may go over midnight.</summary>
    public static bool IsQuiet((TimeOnly From, TimeOnly To)? quiet, TimeOnly now) => quiet is { } q && (q.From <= q.To ? now >= q.From && now < q.To : now >= q.From || now < q.To);
}

/// <summary>Whether somebody is at work, by the roster and the clock, where their policy asks.</summary>
public sealed class WorkingTime(ShiftDoor shifts)
{
    public async Task<WorkingHour> Now(Tx tx, EffectivePolicy policy, Guid person, TimeZoneInfo zone)
    {
        var quiet = WorkingHour.IsQuiet(policy.Quiet, TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(tx.Now, zone).DateTime));
        return new(policy.OffShift == "Allow" || await shifts.AtWork(tx, person) is not false ? "Allow" : policy.OffShift, quiet);
    }

    /// <summary>"I know that I am off shift": on record (AU-03, OffShiftDialogAccepted).</summary>
    public static void Accept(Tx tx, Guid person) => tx.Publish("policy.off-shift-accepted", $"person/{person}");
}
