using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Database;

namespace HealthTeams.Web.Frame;

/// <summary>What the reader of this page may; asked once per request.</summary>
public sealed class MyPolicy(Db db, PolicyDoor door, WorkingTime hours, TenantDirectory tenants)
{
    /// <summary>Kept in this browser once somebody said that they know they are off shift.</summary>
    public const string OffShiftCookie = "ht-off-shift";

    private Task<(EffectivePolicy, WorkingHour)>? asked;

    public Task<(EffectivePolicy Policy, WorkingHour Hour)> Get(Caller me, CancellationToken stop) => asked ??= Ask(me, stop);

    /// <summary>The app whose page this is, by the first segment of its address; null for pages that are everybody's.</summary>
    public static string? AppOf(string path)
    {
        var first = path.TrimStart('/').Split('/')[0].ToLowerInvariant();
        return PolicySwitches.Apps.Contains(first) ? first : null;
    }

    /// <summary>Why this page stays shut; null when it opens. Whoever is off shift still reads messages, sees the roster and clocks in.</summary>
    public static Problem? Shut(EffectivePolicy policy, WorkingHour hour, string path)
    {
        var app = AppOf(path);
        if (app is not null && policy.Blocks(app)) return policy.Refused(nameof(EffectivePolicy.BlockedApps));
        var always = app is null or "messages" or "shifts" or "activity";
        return hour.OffShift == "Block" && !always
            ? Problem.Forbidden($"You are off shift, and the policy {policy.Winner("hours")!.Name} keeps this shut then. Clock in under Shifts; messages stay open.", "off-shift")
            : null;
    }

    private Task<(EffectivePolicy, WorkingHour)> Ask(Caller me, CancellationToken stop) => db.In(me.Tenant, me.Actor, async tx =>
    {
        var policy = await door.Of(tx, me);
        if (me.Person is not { } person || policy.Winner("hours") is null) return (policy, WorkingHour.Any);
        return (policy, await hours.Now(tx, policy, person, (await tenants.Find(me.Tenant, stop))!.Zone));
    }, stop);
}
