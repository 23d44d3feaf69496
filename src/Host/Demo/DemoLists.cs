using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>Ward 4's census and a list of the clinic: what a newcomer sees is alive. Made once; what people change stays.</summary>
internal static class DemoLists
{
    public static async Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var (made, nightingale, seacole, barton, place) = await db.In(tenant.Id, Actor.Product, async tx => (
            await tx.Scalar<bool>("select exists (select from collab.list where tenant = @Tenant and team = @Ward)", new { tx.Tenant, DemoTeams.Ward }),
            await Person(tx, "nightingale"), await Person(tx, "seacole"), await Person(tx, "barton"),
            await tx.Scalar<string>("select location from collab.place where tenant = @Tenant and name = 'Ward 4'", new { tx.Tenant })), stop);
        if (made || nightingale is not { } charge || place is null) return;
        var caller = new Caller { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = charge.ToString(), Kind = CallerKind.Staff, Person = charge };
        var lists = services.GetRequiredService<TeamLists>();
        var rounds = await lists.Create(caller, new ListAsked(DemoTeams.Ward, "Ward 4 rounds") { Description = "Everybody who lies on Ward 4, from the chart", Columns = ListTemplates.All[0].Columns, Census = new(place, "IMP") }, stop);
        if (!rounds.Ok) throw new StartupException($"The demo list could not be made: {rounds.Problem.Detail}");
        await Fill(services, caller, rounds.Value, seacole!.Value, barton!.Value, stop);
        await lists.Create(caller, new ListAsked(DemoTeams.Ward, "Discharge planning") { Description = "What still stands between a patient and home", Columns = ListTemplates.All[2].Columns, Census = new(place, "IMP") }, stop);
        var huddle = await lists.Create(caller, new ListAsked(DemoTeams.Ward, "Morning huddle") { Description = "Two minutes, standing", Columns = ListTemplates.All[1].Columns }, stop);
        await services.GetRequiredService<ListRows>().Add(caller, huddle.Value, new(null, "Monitor in bed 4-03 is away for repair", new Dictionary<Guid, string?>()), stop);
    }

    private static async Task Fill(IServiceProvider services, Caller caller, Guid list, Guid seacole, Guid barton, CancellationToken stop)
    {
        var open = (await services.GetRequiredService<ListReading>().Open(caller, list, past: false, stop)).Value;
        var columns = open.List.Columns.ToDictionary(c => c.Name, c => c.Id);
        var cells = services.GetRequiredService<CellWrites>();
        foreach (var (bed, severity, problem, nurse, code, contingency, note) in new[]
        {
            ("4-01", "Watcher", "Atrial fibrillation, rate controlled", seacole, "Full code", "Rate over 130: ECG, call Dr Curie", "Echo at 14:00"),
            ("4-02", "Unstable", "Unstable angina, pain at rest", seacole, "Full code", "Pain again: nitrate, ECG, call at once", "Cath lab is told"),
            ("4-03", "Stable", "Heart failure, 3 kg down", barton, "DNR", "Weight up 2 kg: call", "Social worker sees the family"),
            ("4-04", "Stable", "Syncope, telemetry", barton, "Full code", "", ""),
            ("4-05", "Watcher", "Chest pain, second troponin due", seacole, "Full code", "Troponin rises: cardiology", ""),
        })
        {
            if (open.Rows.FirstOrDefault(r => r.Stay?.Bed == bed) is not { } row) continue;
            CellEdit Edit(string column, string text) => new(columns[column], 0, text);
            await cells.Write(caller, list, row.Id, [Edit("Illness severity", severity), Edit("Problem", problem), Edit("Nurse", nurse.ToString()), Edit("Code status", code), Edit("Contingency", contingency), Edit("Note", note)], stop);
            if (bed is "4-01" or "4-02") await cells.Round(caller, list, row.Id, stop);
        }
    }

    private static Task<Guid?> Person(Tx tx, string username) => tx.Scalar<Guid?>("select person from auth.credential where tenant = @Tenant and username = @username", new { tx.Tenant, username });
}
