using HealthTeams.Collaboration.Conversations;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

/// <summary>A direct conversation, a group, the ward's channel and one about a patient: a newcomer sees a living chat. The keys make each message once.</summary>
internal static class DemoConversations
{
    public static async Task Load(IServiceProvider services, Tenant tenant, CancellationToken stop)
    {
        var db = services.GetRequiredService<Db>();
        var (people, channel, patient) = await db.In(tenant.Id, Actor.Product, async tx => (
            (await tx.Query<(string Username, Guid Person)>("select username, person from auth.credential where tenant = @Tenant", new { tx.Tenant })).ToDictionary(p => p.Username, p => p.Person),
            await tx.Scalar<Guid?>("select id from collab.channel where tenant = @Tenant and team = @team and deleted_at is null order by lower(name) <> 'general', position limit 1", new { tx.Tenant, team = DemoTeams.Ward }),
            await tx.Scalar<Guid?>("select id from collab.person where tenant = @Tenant and kind = 'Patient' order by lower(family), id limit 1", new { tx.Tenant })), stop);
        var door = services.GetRequiredService<ConversationDoor>();

        await Say("curie", 1, "Good morning. Round at 10:00 as planned?", new PostSaid { Text = "", People = [people["nightingale"]] });
        await Say("nightingale", 2, "Yes. Bay 2 first, please:\n- two discharges before noon\n- one new admission expected", new PostSaid { Text = "", People = [people["curie"]] });
        await Say("curie", 3, "Thank you, I bring the letters.", new PostSaid { Text = "", People = [people["nightingale"]] });
        await Say("osler", 4, "Who takes the teaching session on Thursday?", new PostSaid { Text = "", People = [people["curie"], people["seacole"]] });
        await Say("seacole", 5, "I can, if somebody covers the afternoon.", new PostSaid { Text = "", People = [people["curie"], people["osler"]] });
        if (channel is { } c)
        {
            await Say("nightingale", 6, "The new infusion pumps are in the store room. Please read the card on each before use.", new PostSaid { Text = "", Channel = c });
            await Say("barton", 7, "Two of them are charged and ready.", new PostSaid { Text = "", Channel = c });
        }
        if (patient is { } p)
        {
            await Say("seacole", 8, "Slept well, no pain this morning. Walked to the window and back.", new PostSaid { Text = "", Team = DemoTeams.Ward, Patient = p });
            await Say("curie", 9, "Good. We see at the round whether the monitor can come off.", new PostSaid { Text = "", Team = DemoTeams.Ward, Patient = p });
        }

        async Task Say(string who, int number, string text, PostSaid where)
        {
            var caller = new Caller { Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = people[who].ToString(), Kind = CallerKind.Staff, Person = people[who] };
            var said = await db.In(tenant.Id, caller.Actor, async tx =>
            {
                var posted = await door.Post(tx, where with { Text = text, SenderPerson = people[who], Key = $"demo-message-{number}", Lang = "en" });
                return posted.Ok ? posted : tx.Abandon(posted);
            }, stop);
            if (!said.Ok) throw new StartupException($"A demo message was refused: {said.Problem.Detail}");
        }
    }
}
