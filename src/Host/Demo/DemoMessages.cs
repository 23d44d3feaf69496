using HealthTeams.Collaboration.Messages;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>An urgent message that was read and acknowledged, and an important one that waits: what a sender and a receiver see. Nothing that rings by itself.</summary>
internal static class DemoMessages
{
    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var people = (await services.GetRequiredService<Db>().In(tenant.Id, Actor.Product, tx => tx.Query<(string Username, Guid Person)>(
            "select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant }), stop)).ToDictionary(p => p.Username, p => p.Person);
        var (send, box) = (services.GetRequiredService<SendUrgent>(), services.GetRequiredService<MessageBox>());
        var (doctor, nurse) = (As(tenant, people["curie"]), As(tenant, people["seacole"]));
        var urgent = await send.Send(doctor, new([Target.Person(people["seacole"])], "urgent", null, "Please come to the treatment room now.", false, "demo-urgent"), stop);
        if (!urgent.Ok || urgent.Value.Again) return;
        foreach (var row in await box.Mine(nurse, stop)) await box.Acknowledge(nurse, row.Id, stop);
        await send.Send(As(tenant, people["osler"]), new([Target.Person(people["nightingale"])], "important", null, "The rota meeting begins at 15:00.", false, "demo-important"), stop);
    }

    private static Caller As(Tenant tenant, Guid person) =>
        new() { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = person.ToString(), Kind = CallerKind.Staff, Person = person };
}
