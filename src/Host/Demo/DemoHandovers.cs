using HealthTeams.Collaboration.Handovers;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>On Ward 4: one handover that waits to be read back, one that is being written, one that was accepted. Made once.</summary>
internal static class DemoHandovers
{
    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var (people, lists, made) = await services.GetRequiredService<Db>().In(tenant.Id, Actor.Product, async tx => (
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person),
            (await tx.Query<(string Name, Guid Id)>("select name, id from collab.list where tenant = @Tenant and team = @Ward and removed_at is null", new { tx.Tenant, DemoTeams.Ward })).ToLookup(l => l.Name, l => l.Id),
            await tx.Scalar<bool>("select exists (select from collab.handover where tenant = @Tenant and team = @Ward)", new { tx.Tenant, DemoTeams.Ward })), stop);
        if (made || !lists.Contains("Ward 4 rounds")) return;
        var rounds = lists["Ward 4 rounds"].First();
        var (give, receive, views) = (services.GetRequiredService<GiveHandover>(), services.GetRequiredService<ReceiveHandover>(), services.GetRequiredService<HandoverViews>());

        var (seacole, barton, osler, curie) = (As("seacole"), As("barton"), As("osler"), As("curie"));
        var done = await Begin(seacole, mine: true, "barton");
        await give.Offer(seacole, done, stop);
        foreach (var entry in (await views.One(barton, done, stop)).Value.Entries) await receive.ReadBack(barton, done, entry.Id, entry.Severity == "Stable" ? null : $"{entry.Severity}. {entry.Text("contingency")}: I call and stay with the patient.", null, stop);
        await receive.Accept(barton, done, passOn: false, stop);

        var waits = await Begin(osler, mine: false, "curie");
        await give.Offer(osler, waits, stop);
        if ((await views.One(curie, waits, stop)).Value.Entries is [var first, ..]) await receive.Ask(curie, waits, first.Id, "Does the family know?", stop);

        await Begin(curie, mine: false, "osler");

        Caller As(string username) => new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[username].ToString(), Kind = CallerKind.Staff, Person = people[username] };

        async Task<Guid> Begin(Caller by, bool mine, string to)
        {
            var begun = await services.GetRequiredService<BeginHandover>().Begin(by, new HandoverAsked(DemoTeams.Ward, rounds, mine, [people[to]]), stop);
            if (!begun.Ok) throw new StartupException($"The demo handover was refused: {begun.Problem.Detail}");
            // Patients of whom the list says nothing yet.
            var unsaid = (await views.One(by, begun.Value, stop)).Value.Entries.Where(e => e.Severity.Length == 0).Select(e => new SectionEdit(e.Id, "severity", e.Sections["severity"].Version, "Stable")).ToList();
            if (unsaid.Count > 0) await services.GetRequiredService<WriteHandover>().Write(by, begun.Value, unsaid, stop);
            return begun.Value;
        }
    }
}
