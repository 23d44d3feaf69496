using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A ward's roster: four weeks that all see, a fifth in draft, open shifts, requests that wait.</summary>
internal static class DemoShifts
{
    private static readonly PatternDay Early = new("Early", 7 * 60, 15 * 60, "yellow");
    private static readonly PatternDay Late = new("Late", 14 * 60, 22 * 60, "blue");
    private static readonly PatternDay Night = new("Night", 22 * 60, 31 * 60, "purple");
    private static readonly PatternDay Ward = new("Ward round", 8 * 60, 17 * 60, "green");
    private static readonly PatternDay Call = new("On call", 17 * 60, 32 * 60, "pink");

    public static async Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop)
    {
        var people = (await services.GetRequiredService<Db>().In(tenant.Id, Actor.Product, tx => tx.Query<(string Username, Guid Person)>(
            "select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant }), stop)).ToDictionary(p => p.Username, p => p.Person);
        var lead = As(tenant, people["nightingale"]);
        if (!(await services.GetRequiredService<Schedules>().Begin(lead, DemoTeams.Ward, tenant.TimeZone, stop)).Ok) return;
        var groups = await Staff(services, lead, people, stop);
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(seed, tenant.Zone).DateTime);
        var monday = day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
        await Roster(services, lead, people, groups, monday, tenant.Zone, stop);
        await Requests(services, tenant, people, monday, tenant.Zone, stop);
    }

    private static async Task<(Guid Nurses, Guid Doctors)> Staff(IServiceProvider services, Caller lead, Dictionary<string, Guid> people, CancellationToken stop)
    {
        var staff = services.GetRequiredService<ShiftStaff>();
        var all = (await staff.Settings(lead, DemoTeams.Ward, stop)).Value.Roster.Groups[0];
        await staff.Group(lead, DemoTeams.Ward, all.Id, "Everybody", false, [], all.Version, stop);
        var nurses = await staff.Group(lead, DemoTeams.Ward, null, "Nurses", true, [people["nightingale"], people["seacole"], people["barton"]], 0, stop);
        var doctors = await staff.Group(lead, DemoTeams.Ward, null, "Doctors", true, [people["curie"], people["osler"]], 0, stop);
        await staff.Skills(lead, DemoTeams.Ward, people["nightingale"], [("Charge nurse", null)], stop);
        await staff.Skills(lead, DemoTeams.Ward, people["seacole"], [("IV", null), ("Charge nurse", null)], stop);
        await staff.Skills(lead, DemoTeams.Ward, people["barton"], [("IV", null)], stop);
        await staff.Skills(lead, DemoTeams.Ward, people["curie"], [("Radiology", null)], stop);
        await staff.AddCover(lead, DemoTeams.Ward, new Cover { Group = nurses.Value, Weekdays = [1, 2, 3, 4, 5], FromMinute = 7 * 60, ToMinute = 15 * 60, People = 1 }, stop);
        await staff.AddCover(lead, DemoTeams.Ward, new Cover { Group = nurses.Value, Weekdays = [0, 6], FromMinute = 22 * 60, ToMinute = 30 * 60, People = 1 }, stop);
        await staff.AddCover(lead, DemoTeams.Ward, new Cover { Group = nurses.Value, Weekdays = [1, 2, 3, 4, 5], FromMinute = 15 * 60, ToMinute = 22 * 60, People = 1 }, stop);
        return (nurses.Value, doctors.Value);
    }

    private static async Task Roster(IServiceProvider services, Caller lead, Dictionary<string, Guid> people, (Guid Nurses, Guid Doctors) groups, DateOnly monday, TimeZoneInfo zone, CancellationToken stop)
    {
        var copies = services.GetRequiredService<ShiftCopies>();
        var edits = services.GetRequiredService<ShiftEdits>();
        var sharing = services.GetRequiredService<ShiftSharing>();
        const int days = 35;
        await copies.Rotate(lead, DemoTeams.Ward, groups.Nurses, [Early, Early, Early, Early, Early, null, null], [new(people["nightingale"], 0)], monday, days, null, stop);
        await copies.Rotate(lead, DemoTeams.Ward, groups.Nurses, [Late, Late, Late, null, null, Night, Night, null, null, Late, Late, null, null, null], [new(people["seacole"], 0), new(people["barton"], 7)], monday, days, null, stop);
        await copies.Rotate(lead, DemoTeams.Ward, groups.Doctors, [Ward, Ward, Call, null, Ward, null, null, null, Ward, Ward, null, Call, null, null], [new(people["curie"], 0), new(people["osler"], 7)], monday, days, null, stop);
        var reasons = (await services.GetRequiredService<ShiftStaff>().Settings(lead, DemoTeams.Ward, stop)).Value.Roster.Reasons;
        await edits.Save(lead, DemoTeams.Ward, Off(people["nightingale"], reasons.First(r => r.Name == "Training").Id, monday.AddDays(12), zone), stop);
        await edits.Save(lead, DemoTeams.Ward, Open(groups.Nurses, "Early", monday.AddDays(12), 7 * 60, 15 * 60, 2, zone), stop);
        await edits.Save(lead, DemoTeams.Ward, Open(groups.Nurses, "Night", monday.AddDays(10), 22 * 60, 31 * 60, 1, zone), stop);
        await edits.Note(lead, DemoTeams.Ward, monday.AddDays(2), "Fire drill at 14:00", share: true, stop);
        await sharing.Share(lead, DemoTeams.Ward, CoverRules.At(monday, 0, zone), CoverRules.At(monday.AddDays(28), 0, zone), notifyTeam: false, stop);
    }

    private static async Task Requests(IServiceProvider services, Tenant tenant, Dictionary<string, Guid> people, DateOnly monday, TimeZoneInfo zone, CancellationToken stop)
    {
        var requests = services.GetRequiredService<ShiftRequests>();
        var mary = As(tenant, people["seacole"]);
        var roster = (await services.GetRequiredService<Rosters>().Read(mary, DemoTeams.Ward, monday.AddDays(7), 14, stop)).Value;
        if (roster.Items.FirstOrDefault(i => i.Kind == "open" && i.Label == "Early") is { } open) await requests.Ask(mary, new ShiftAsk("claim", open.Id, Message: "I can do this one."), stop);
        if (roster.Items.FirstOrDefault(i => i.Person == people["curie"]) is { } round) await requests.Ask(As(tenant, people["curie"]), new ShiftAsk("offer", round.Id, Recipient: people["osler"], Message: "My lecture is that day."), stop);
        var vacation = roster.Reasons.First(r => r.Name == "Vacation").Id;
        await requests.Ask(As(tenant, people["barton"]), new ShiftAsk("off", Team: DemoTeams.Ward, StartsAt: CoverRules.At(monday.AddDays(42), 0, zone), EndsAt: CoverRules.At(monday.AddDays(49), 0, zone), Reason: vacation, Message: "A week at the sea."), stop);
    }

    private static ShiftSaid Off(Guid person, Guid reason, DateOnly day, TimeZoneInfo zone) =>
        new(null, 0, "off", person, null, reason, null, CoverRules.At(day, 0, zone), CoverRules.At(day.AddDays(1), 0, zone), "", "", "gray", [], [], false, null);

    private static ShiftSaid Open(Guid group, string label, DateOnly day, int from, int to, int slots, TimeZoneInfo zone) =>
        new(null, 0, "open", null, group, null, slots, CoverRules.At(day, from, zone), CoverRules.At(day, to, zone), label, "", "green", [], [], false, null);

    private static Caller As(Tenant tenant, Guid person) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = person.ToString(), Kind = CallerKind.Staff, Person = person };
}
