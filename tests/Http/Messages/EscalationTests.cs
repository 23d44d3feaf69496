using System.Net;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Messages;

/// <summary>From sending to "nobody has acknowledged", on one product whose clock only goes on.</summary>
public sealed class EscalationTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "15.1")]
    [Trait("Row", "16-10")]
    [Trait("Row", "16-11")]
    public async Task Escalation_goes_through_backup_on_call_and_charge_nurse_and_ends_with_the_sender_unless_somebody_acknowledges()
    {
        var w = await Ward("chain");
        var owner = await product.SignedIn(w.Name(0));
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(owner, $"/messages/escalation/{w.Team}", ("Version", "0"),
            ("Steps[0].Minutes", "4"), ("Steps[0].Kind", "People"), ("Steps[0].People", w.People[4].ToString()),
            ("Steps[1].Minutes", "8"), ("Steps[1].Kind", "OnShift"), ("Steps[1].Name", "Nurses"),
            ("Steps[2].Minutes", "12"), ("Steps[2].Kind", "Role"), ("Steps[2].Name", "charge nurse"),
            ("Steps[3].Minutes", "16"), ("Steps[3].Kind", "Sender"))).StatusCode);
        var sender = await product.SignedIn(w.Name(1));
        var message = await Send(sender, ("Person", w.People[2].ToString()));
        await Asked(message, w.People[2]);

        Forward(3);
        await Read(w.Name(2), message);
        await Asked(message, w.People[2]);
        Forward(1); // 4: the backup, although it was read
        await Asked(message, w.People[2], w.People[4]);
        Forward(4); // 8: whoever is on shift in the group, without those asked already
        await Asked(message, w.People[2], w.People[4], w.People[3]);
        Assert.Contains("asked Dr Chain3", await sender.GetStringAsync($"/messages/sent/{message}"), StringComparison.Ordinal);
        Forward(4); // 12: the charge nurse
        await Asked(message, w.People[2], w.People[4], w.People[3], w.People[0]);
        // Whoever was asked next reads and answers in the conversation.
        Assert.Equal(5L, await product.Ask<long>($"select count(distinct p.person) from collab.conversation_person p join collab.message m on m.tenant = p.tenant and m.conversation = p.conversation where m.id = '{message}'"));
        Assert.Null(await product.Ask<string>($"select settled from collab.message_raised where message = '{message}'"));
        Forward(4); // 16: silence is not the end
        await Is("unanswered", $"select settled from collab.message_raised where message = '{message}'");
        Assert.Contains("Nobody has acknowledged", await sender.GetStringAsync("/activity"), StringComparison.Ordinal);
        // Each with repeats of their own, counted from when they were asked.
        await Is("true", $"select (step >= 2)::text from collab.message_delivery where message = '{message}' and recipient = '{w.People[4]}'");

        await Act(w.Name(3), message, "acknowledgement");
        Assert.Equal("acknowledged", await product.Ask<string>($"select settled from collab.message_raised where message = '{message}'"));
        Assert.Contains("Dr Chain3 has acknowledged", WebUtility.HtmlDecode(await sender.GetStringAsync($"/messages/sent/{message}")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "MSG-13")]
    public async Task A_role_and_an_on_shift_tag_ring_whoever_has_it_now_and_say_so_before_sending()
    {
        var w = await Ward("tag");
        var sender = await product.SignedIn(w.Name(1));
        var form = WebUtility.HtmlDecode(await sender.GetStringAsync("/messages/new"));
        Assert.Contains("On shift: Nurses", form, StringComparison.Ordinal);
        Assert.Contains("Dr Tag3", form, StringComparison.Ordinal);
        var message = await Send(sender, ("To", $"Role|{w.Team}|charge nurse"));
        await Asked(message, w.People[0]);
        Assert.Equal("charge nurse, tag", await product.Ask<string>($"select asked_as from collab.message_delivery where message = '{message}'"));
        message = await Send(sender, ("To", $"Group|{w.Team}|Nurses"));
        await Asked(message, w.People[2], w.People[3]);

        var nobody = await TestProduct.Post(sender, "/messages/new", ("To", $"Role|{w.Team}|perfusionist"), ("Priority", "urgent"), ("Text", "Come."), ("Key", Guid.CreateVersion7().ToString()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nobody.StatusCode);
        var said = WebUtility.HtmlDecode(await nobody.Content.ReadAsStringAsync());
        Assert.Contains("Nobody is on shift there now", said, StringComparison.Ordinal);
        Assert.Contains("Come.", said, StringComparison.Ordinal);
        // With somebody else named it goes.
        await Asked(await Send(sender, ("To", $"Role|{w.Team}|perfusionist"), ("Person", w.People[4].ToString())), w.People[4]);
    }

    [Fact]
    public async Task Under_anyone_of_role_the_first_acknowledgement_closes_the_others_and_otherwise_it_does_not()
    {
        var w = await Ward("anyone");
        var sender = await product.SignedIn(w.Name(1));
        var anyone = await Send(sender, ("To", $"Group|{w.Team}|Nurses"), ("Anyone", "true"));
        await Act(w.Name(2), anyone, "acknowledgement");
        Assert.Equal("taken", await product.Ask<string>($"select closed from collab.message_delivery where message = '{anyone}' and recipient = '{w.People[3]}'"));
        // Nothing rings there any more, also when it is read later.
        var other = await product.SignedIn(w.Name(3));
        Assert.Contains("\"urgent\":[]", await other.GetStringAsync("/counts"), StringComparison.Ordinal);
        await Read(w.Name(3), anyone);
        Assert.Equal("taken", await product.Ask<string>($"select closed from collab.message_delivery where message = '{anyone}' and recipient = '{w.People[3]}'"));

        var everyone = await Send(sender, ("To", $"Group|{w.Team}|Nurses"));
        await Asked(everyone, w.People[2], w.People[3]);
        await Is("1", $"select step::text from collab.message_delivery where message = '{everyone}' and recipient = '{w.People[2]}'");
        await Act(w.Name(2), everyone, "acknowledgement");
        Assert.Null(await product.Ask<string>($"select closed from collab.message_delivery where message = '{everyone}' and recipient = '{w.People[3]}'"));
        Forward(2);
        await Is("2", $"select step::text from collab.message_delivery where message = '{everyone}' and recipient = '{w.People[3]}'");
        Assert.Equal("1", await product.Ask<string>($"select step::text from collab.message_delivery where message = '{everyone}' and recipient = '{w.People[2]}'"));
        // An acknowledgement stopped the escalation, and only that.
        Forward(20);
        await Asked(everyone, w.People[2], w.People[3]);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.message_escalation where message = '{everyone}' and outcome <> 'stopped'"));
    }

    [Fact]
    public async Task Twenty_minutes_unread_is_said_to_the_sender_and_not_silence()
    {
        var w = await Ward("unread");
        var sender = await product.SignedIn(w.Name(1));
        var message = await Send(sender, ("Person", w.People[2].ToString()));
        await Is("1", $"select step::text from collab.message_delivery where message = '{message}' and recipient = '{w.People[2]}'");
        for (var minute = 2; minute <= 20; minute += 2)
        {
            Forward(2);
            await Is((1 + minute / 2).ToString(System.Globalization.CultureInfo.InvariantCulture), $"select step::text from collab.message_delivery where message = '{message}' and recipient = '{w.People[2]}'");
        }
        await Is("1", $"select count(*)::text from collab.notice where person = '{w.People[1]}' and kind = 'message.unread' and key like 'unread:%' and link = '/messages/sent/{message}' and data->>'who' = 'Dr Unread2'");
    }

    [Fact]
    [Trait("Row", "MSG-05")]
    public async Task Who_may_not_send_urgent_by_policy_is_refused_by_its_name_and_the_recipient_has_no_say()
    {
        var w = await Ward("policy");
        await product.Sql($$"""
            insert into collab.policy (tenant, id, area, name, settings, created_at, changed_at) values (1, '{{w.Team}}', 'messaging', 'Students', '{"AllowPriorityMessages":"false"}', now(), now());
            insert into collab.policy_assignment (tenant, policy, area, kind, target, person, assigned_at) values (1, '{{w.Team}}', 'messaging', 'person', '{{w.People[2]}}', '{{w.People[2]}}', now())
            """);
        var answer = await TestProduct.Post(await product.SignedIn(w.Name(2)), "/messages/new", ("Person", w.People[3].ToString()), ("Priority", "urgent"), ("Text", "Come."));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("Students", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Asked(await Send(await product.SignedIn(w.Name(1)), ("Person", w.People[2].ToString())), w.People[2]);
    }

    [Fact]
    [Trait("Row", "MSG-04")]
    [Trait("Row", "MSG-06")]
    [Trait("Row", "MSG-07")]
    [Trait("Row", "MSG-08")]
    public async Task Receipts_and_urgency_hold_in_groups_of_any_size()
    {
        var w = await Ward("many");
        await product.Sql($"""
            insert into collab.person (tenant, id, kind, family, updated_at) select 1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Staff', 'Many' || n, now() from generate_series(100, 139) n;
            insert into collab.team_member (tenant, team, person, role, since) select 1, '{w.Team}', id, 'Member', now() from collab.person where family ~ '^Many1[0-9][0-9]$'
            """);
        var sender = await product.SignedIn(w.Name(1));
        var message = await Send(sender, ("To", $"Team|{w.Team}|"));
        await Is("44", $"select count(*)::text from collab.message_notification n join collab.message_delivery d on d.tenant = n.tenant and d.id = n.delivery where d.message = '{message}'");
        await Read(w.Name(2), message);
        Assert.Contains("1 of 44 read", WebUtility.HtmlDecode(await sender.GetStringAsync("/messages/urgent")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_are_the_owners_and_what_is_wrong_with_them_is_said_all_at_once()
    {
        var w = await Ward("rules");
        var owner = await product.SignedIn(w.Name(0));
        var wrong = await TestProduct.Post(owner, $"/messages/escalation/{w.Team}", ("Version", "0"), ("Steps[0].Minutes", "9"), ("Steps[0].Kind", "People"), ("Steps[1].Minutes", "5"), ("Steps[1].Kind", "Role"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        var said = WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync());
        Assert.All((string[])["Step 1: name the people", "Step 2 must come later", "Step 2: name the role", "The last step tells the sender"], s => Assert.Contains(s, said, StringComparison.Ordinal));
        (string, string)[] good = [("Steps[0].Minutes", "5"), ("Steps[0].Kind", "Owners"), ("Steps[1].Minutes", "9"), ("Steps[1].Kind", "Sender")];
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(await product.SignedIn(w.Name(2)), $"/messages/escalation/{w.Team}", [("Version", "0"), .. good])).StatusCode);
        await product.Staff("rules-out", "Outsider");
        Assert.Equal(HttpStatusCode.NotFound, (await (await product.SignedIn("rules-out")).GetAsync($"/messages/escalation/{w.Team}")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(owner, $"/messages/escalation/{w.Team}", [("Version", "0"), .. good])).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(owner, $"/messages/escalation/{w.Team}", [("Version", "0"), .. good])).StatusCode);
        Assert.Contains("09:05", await owner.GetStringAsync($"/messages/escalation/{w.Team}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_was_not_asked_learns_nothing_and_taking_back_is_the_senders()
    {
        var w = await Ward("apart");
        var message = await Send(await product.SignedIn(w.Name(1)), ("Person", w.People[2].ToString()));
        foreach (var other in (string[])[w.Name(3), w.Name(2)]) Assert.Equal(HttpStatusCode.NotFound, (await (await product.SignedIn(other)).GetAsync($"/messages/sent/{message}")).StatusCode);
        await product.Staff("apart-north", "North", "north");
        var north = await product.SignedIn("apart-north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/messages/sent/{message}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(north, "/messages/new", ("To", $"Team|{w.Team}|"), ("Priority", "urgent"), ("Text", "Come."))).StatusCode);
        await Read(w.Name(2), message);
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(await product.SignedIn(w.Name(2)), $"/messages/sent/{message}?handler=Withdrawal")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(await product.SignedIn(w.Name(1)), $"/messages/sent/{message}?handler=Withdrawal")).StatusCode);
        Forward(20);
        await Asked(message, w.People[2]);
    }

    [Fact]
    public async Task An_acknowledgement_and_a_step_at_the_same_moment_never_both_win()
    {
        var w = await Ward("race");
        var sender = await product.SignedIn(w.Name(1));
        var receiver = await product.SignedIn(w.Name(2));
        for (var i = 0; i < 5; i++)
        {
            var message = await Send(sender, ("Person", w.People[2].ToString()));
            var delivery = await product.Ask<Guid>($"select id from collab.message_delivery where message = '{message}'");
            product.Clock.Advance(TimeSpan.FromMinutes(4));
            var sweeps = Enumerable.Range(0, 4).Select(_ => product.App.Services.GetServices<IDueSweep>().OfType<EscalationsDue>().Single().Sweep(product.Clock.GetUtcNow(), default));
            await Task.WhenAll([TestProduct.Post(receiver, $"/messages/{delivery}/acknowledgement"), .. sweeps]);
            Assert.Equal(1L, await product.Ask<long>($"""
                select count(*) from collab.message_escalation e where e.message = '{message}' and e.step = 1
                  and ((e.outcome = 'asked') = exists (select from collab.message_delivery d where d.message = e.message and d.escalated = 1))
                """));
            Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.message_escalation where message = '{message}' and due_at is not null"));
        }
    }

    private sealed record WardOf(Guid Team, string Tag, Guid[] People)
    {
        public string Name(int i) => $"{Tag}{i}";
    }

    /// <summary>0 owner and charge nurse, 1 sender, 2 and 3 nurses, 4 a member; 0, 2 and 3 are on shift.</summary>
    private async Task<WardOf> Ward(string tag)
    {
        var people = new Guid[5];
        for (var i = 0; i < 5; i++) people[i] = await product.Staff($"{tag}{i}", char.ToUpperInvariant(tag[0]) + tag[1..] + i);
        var team = await product.Team(tag, [(people[0], "Owner"), .. people[1..].Select(p => (p, "Member"))]);
        var (nurses, leads) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var now = product.Clock.GetUtcNow();
        await product.Sql($"""
            insert into collab.schedule (tenant, team, zone, created_at) values (1, '{team}', 'UTC', now());
            insert into collab.shift_group (tenant, id, team, name) values (1, '{nurses}', '{team}', 'Nurses'), (1, '{leads}', '{team}', 'Leads');
            insert into collab.person_skill (tenant, person, skill) values (1, '{people[0]}', 'Charge nurse');
            insert into collab.shift (tenant, id, draft, team, kind, person, shift_group, starts_at, ends_at, changed_at)
            select 1, gen_random_uuid(), false, '{team}', 'shift', p.person, p.g, '{now.AddHours(-1):O}', '{now.AddHours(20):O}', now()
            from (values ('{people[0]}'::uuid, '{leads}'::uuid), ('{people[2]}', '{nurses}'), ('{people[3]}', '{nurses}')) as p (person, g)
            """);
        return new(team, tag, people);
    }

    private static async Task<Guid> Send(HttpClient sender, params (string, string)[] to)
    {
        var sent = await TestProduct.Post(sender, "/messages/new", [.. to, ("Priority", "urgent"), ("Text", "Please come to bed 4."), ("Key", Guid.CreateVersion7().ToString())]);
        Assert.True(sent.StatusCode == HttpStatusCode.SeeOther, await sent.Content.ReadAsStringAsync());
        return Guid.Parse(sent.Headers.Location!.ToString().Split('/')[^1]);
    }

    private Task Read(string who, Guid message) => Act(who, message, "reading");

    private async Task Act(string who, Guid message, string act)
    {
        var delivery = await product.Ask<Guid>($"select d.id from collab.message_delivery d join auth.credential c on c.tenant = d.tenant and c.person = d.recipient where d.message = '{message}' and c.username = '{who}'");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(await product.SignedIn(who), $"/messages/{delivery}/{act}")).StatusCode);
    }

    private void Forward(int minutes) => product.Clock.Advance(TimeSpan.FromMinutes(minutes));

    private Task Asked(Guid message, params Guid[] people) => Is(string.Join(',', people.Select(p => p.ToString()).Order(StringComparer.Ordinal)),
        $"select string_agg(recipient::text, ',' order by recipient) from collab.message_delivery where message = '{message}'");

    private Task Is(string expected, string sql) => TestProduct.Until(async () =>
    {
        product.App.Services.GetRequiredService<Wake>().Ring();
        return await product.Ask<string>(sql) == expected;
    }, $"{expected} from {sql}");
}
