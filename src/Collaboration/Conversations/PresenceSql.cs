using HealthTeams.Collaboration.Shifts;

using HealthTeams.Collaboration.Visits;

namespace HealthTeams.Collaboration.Conversations;

public enum Presence { Away, Available, Busy, OffShift }

/// <summary>Pure.</summary>
public static class PresenceRules
{
    /// <summary>A page tells once a minute that it is open.</summary>
    public static readonly TimeSpan StillThere = TimeSpan.FromMinutes(3);

    /// <summary>A visit outweighs all; who has a roster and no shift now is off shift, however long their page stays open.</summary>
    public static Presence Of(bool inVisit, bool offShift, DateTimeOffset? seen, DateTimeOffset now) =>
        inVisit ? Presence.Busy : offShift ? Presence.OffShift : seen > now - StillThere ? Presence.Available : Presence.Away;
}

/// <summary>Computed when it is looked at, from open pages, visits and the roster (MSG-14): nothing is kept that could be stale.</summary>
internal static class PresenceSql
{
    public static async Task<Dictionary<Guid, Presence>> Of(Tx tx, ShiftDoor shifts, VisitDoor visits, IReadOnlyCollection<Guid> people)
    {
        var seen = (await tx.Query<(Guid Person, DateTimeOffset At)>("select person, at from collab.presence where tenant = @Tenant and person = any(@people)", new { tx.Tenant, people = people.ToArray() })).ToDictionary(p => p.Person, p => (DateTimeOffset?)p.At);
        var (busy, off) = ((await visits.InVisit(tx, people)).ToHashSet(), (await shifts.Off(tx, people, tx.Now)).Select(o => o.Person).ToHashSet());
        return people.ToDictionary(p => p, p => PresenceRules.Of(busy.Contains(p), off.Contains(p), seen.GetValueOrDefault(p), tx.Now));
    }

    public static Task Here(Tx tx, Guid person) => tx.Execute("""
        insert into collab.presence (tenant, person, at) values (@Tenant, @person, @Now)
        on conflict (tenant, person) do update set at = excluded.at where collab.presence.at < excluded.at - interval '45 seconds'
        """, new { tx.Tenant, tx.Now, person });
}
