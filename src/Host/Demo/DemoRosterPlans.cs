using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>Wishes of the nurses for the weeks after the shared roster, and a plan of them that the worker makes at the first start.</summary>
internal static class DemoRosterPlans
{
    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var (people, there) = await db.In(tenant.Id, Actor.Product, async tx => (
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person),
            await tx.Scalar<bool>("select exists (select from collab.roster_wish where tenant = @Tenant)", new { tx.Tenant })), stop);
        if (there) return;
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(db.Clock.GetUtcNow(), tenant.Zone).DateTime);
        var first = day.AddDays(28 - (((int)day.DayOfWeek + 6) % 7));
        var wishes = services.GetRequiredService<RosterWishes>();
        foreach (var (who, on, label, wants, weight) in new[] { ("seacole", 5, "", false, 3), ("seacole", 6, "", false, 3), ("barton", 2, "Late", true, 1), ("barton", 9, "Night", false, 2), ("nightingale", 4, "", false, 2) })
        {
            if ((await wishes.Add(As(who), DemoTeams.Ward, first.AddDays(on), label, wants, weight, stop)).Problem is { } problem) throw new StartupException($"The demo wishes were refused: {problem.Detail}");
        }
        var planning = services.GetRequiredService<Planning>();
        var start = await planning.Start(As("nightingale"), DemoTeams.Ward, first, 14, stop);
        if (!start.Ok) return;
        var nurses = start.Value.Roster.Groups.First(g => g.Name == "Nurses").Id;
        var shifts = start.Value.Usual.Where(s => s.Group == nurses).Select(s => s with { Needed = s.Label == "Night" ? [1, 0, 0, 0, 0, 0, 1] : [0, 1, 1, 1, 1, 1, 0] }).ToArray();
        if (shifts.Length > 0) await planning.Begin(As("nightingale"), DemoTeams.Ward, "plan", first, 14, new PlanAsk { Groups = [nurses], Shifts = shifts }, 3, null, stop);

        Caller As(string user) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[user].ToString(), Kind = CallerKind.Staff, Person = people[user] };
    }
}
