using System.Net;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Policies;

/// <summary>Packages, precedence, what is refused and why: on the pages, in PostgreSQL.</summary>
public sealed class PolicyTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static int count;

    private async Task<(Guid Person, HttpClient Client, string Name)> Person(string role = "physician")
    {
        var name = $"policy{Interlocked.Increment(ref count)}";
        var person = await product.Staff(name, "Policy" + count, role: role);
        return (person, await product.SignedIn(name), name);
    }

    private async Task<HttpClient> Admin() => (await Person("administrator")).Client;

    private Task<EffectivePolicy> Effective(Guid person) => product.Db.In(1, Actor.Product, tx => product.App.Services.GetRequiredService<PolicyDoor>().Effective(tx, person), default);

    private static async Task Assign(HttpClient admin, string package, params (string, string)[] to)
    {
        var answer = await TestProduct.Post(admin, $"/admin/policies/packages/{package}", to);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
    }

    private Task<Guid> Policy(string package, string area) => product.Ask<Guid>($"select id from collab.policy where tenant = 1 and package = '{package}' and area = '{area}'")!;

    [Fact, Trait("Row", "PP-01"), Trait("Row", "PP-02"), Trait("Row", "PP-03"), Trait("Row", "PP-07"), Trait("Row", "MSG-10")]
    public async Task A_packages_policies_are_made_at_the_first_assignment_and_come_back_as_predefined_when_deleted()
    {
        var (nurse, _, _) = await Person("nurse");
        var admin = await Admin();
        var before = await Effective(nurse);
        Assert.True(before.AllowUserDeleteMessage);
        Assert.Null(before.Winner("messaging"));
        // Looking makes nothing.
        Assert.Contains("Healthcare_ClinicalWorker", await admin.GetStringAsync("/admin/policies/packages/clinical-worker"), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>("select count(*) from collab.policy where package = 'clinical-worker' and settings ? 'nothing'"));

        await Assign(admin, "clinical-worker", ("person", $"{nurse}"));
        var now = await Effective(nurse);
        Assert.False(now.AllowUserDeleteMessage);
        Assert.True(now.AllowPriorityMessages);
        Assert.Equal("Everyone", now.ReadReceipts);
        Assert.Equal(["visits", "messages", "lists", "tasks", "shifts", "approvals"], now.PinnedApps);
        foreach (var area in new[] { "messaging", "meetings", "calling", "apps" }) Assert.Equal("Healthcare_ClinicalWorker", now.Winner(area)!.Name);

        // Changed, then deleted: nobody has it; it is still to be seen.
        var id = await Policy("clinical-worker", "messaging");
        await product.Sql($"update collab.policy set settings = '{{\"AllowUserDeleteMessage\":\"true\"}}' where id = '{id}'");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, $"/admin/policies/{id}?handler=delete")).StatusCode);
        Assert.Null((await Effective(nurse)).Winner("messaging"));
        Assert.Contains("can be looked at", await admin.GetStringAsync($"/admin/policies/{id}"), StringComparison.Ordinal);
        await Assign(admin, "clinical-worker", ("person", $"{nurse}"));
        Assert.False((await Effective(nurse)).AllowUserDeleteMessage);
        Assert.Equal(id, await Policy("clinical-worker", "messaging"));
    }

    [Fact, Trait("Row", "PP-05"), Trait("Row", "PP-04")]
    public async Task Direct_beats_group_beats_everyone_and_the_most_recent_of_one_kind_wins_with_the_reason_on_the_page()
    {
        var (person, own, _) = await Person("policy-rank");
        var admin = await Admin();
        var team = await product.Team("Policy ranks " + person, (person, "Member"));
        await Assign(admin, "information-worker", ("role", "policy-rank"));
        await Assign(admin, "frontline", ("team", $"{team}"));
        var both = await Effective(person);
        Assert.Equal("FirstlineWorker", both.Winner("apps")!.Name); // the newer of two groups
        Assert.Equal(["activity", "shifts", "messages", "visits"], both.PinnedApps);
        Assert.Equal("Healthcare_InformationWorker", both.Winner("messaging")!.Name); // frontline says nothing of messaging
        Assert.False(both.AllowPriorityMessages);

        await Assign(admin, "clinical-worker", ("person", $"{person}"));
        await Assign(admin, "frontline", ("team", $"{team}"), ("role", "policy-rank"));
        var direct = await Effective(person);
        Assert.Equal("Healthcare_ClinicalWorker", direct.Winner("apps")!.Name); // a newer group does not beat it
        await Assign(admin, "information-worker", ("person", $"{person}"));
        Assert.Equal("Healthcare_InformationWorker", (await Effective(person)).Winner("apps")!.Name);

        foreach (var page in new[] { await own.GetStringAsync("/me/policy"), await admin.GetStringAsync($"/admin/policies/why?person={person}") })
        {
            Assert.Contains("Healthcare_InformationWorker", page, StringComparison.Ordinal);
            Assert.Contains("It beat Healthcare_ClinicalWorker (directly)", page, StringComparison.Ordinal);
            Assert.Contains("through the team Policy ranks", page, StringComparison.Ordinal);
        }
        // Nobody looks at another's but an administrator; nobody at another hospital's.
        Assert.Equal(HttpStatusCode.Forbidden, (await own.GetAsync($"/admin/policies/why?person={person}")).StatusCode);
        await product.Staff("north-policy" + person, "North", "north", "administrator");
        var north = await product.SignedIn("north-policy" + person);
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/admin/policies/why?person={person}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/admin/policies/{await Policy("clinical-worker", "apps")}")).StatusCode);
    }

    [Fact, Trait("Row", "PP-06")]
    public async Task Assigning_a_package_again_mends_what_is_missing_and_changes_nothing_else()
    {
        var (person, _, _) = await Person();
        var admin = await Admin();
        await Assign(admin, "clinical-worker", ("person", $"{person}"));
        var id = await Policy("clinical-worker", "meetings");
        await product.Sql($"delete from collab.policy_assignment where policy = '{id}' and person = '{person}'");
        var kept = await product.Ask<string>($"select string_agg(seq::text, ',' order by seq) from collab.policy_assignment where person = '{person}'");
        var events = await product.Ask<long>("select count(*) from platform.event where kind = 'policy.assigned'");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Assign(admin, "clinical-worker", ("person", $"{person}"))));
        Assert.Equal(4L, await product.Ask<long>($"select count(*) from collab.policy_assignment where person = '{person}'"));
        Assert.Equal(kept, await product.Ask<string>($"select string_agg(seq::text, ',' order by seq) from collab.policy_assignment where person = '{person}' and policy <> '{id}'"));
        Assert.Equal(events + 1, await product.Ask<long>("select count(*) from platform.event where kind = 'policy.assigned'"));
    }

    [Fact, Trait("Row", "PP-04")]
    public async Task An_edit_holds_for_all_at_once_and_a_stale_one_is_refused_with_every_broken_rule_named()
    {
        var (one, _, _) = await Person();
        var (two, _, _) = await Person();
        var admin = await Admin();
        var made = await TestProduct.Post(admin, "/admin/policies", ("area", "messaging"), ("name", "Night desk " + one));
        var path = made.Headers.Location!.ToString().Split('?')[0];
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, path + "?handler=assign", ("person", $"{one}"), ("person", $"{two}"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, path, ("version", "1"), ("name", "Night desk " + one), ("AllowUserChat", "false"), ("ReadReceipts", "None"))).StatusCode);
        foreach (var person in new[] { one, two })
        {
            var now = await Effective(person);
            Assert.False(now.AllowUserChat);
            Assert.Equal("None", now.ReadReceipts);
            Assert.Contains("Night desk", now.Refuse(nameof(EffectivePolicy.AllowUserChat))!.Detail, StringComparison.Ordinal);
        }
        var stale = await TestProduct.Post(admin, path, ("version", "1"), ("name", "Night desk"), ("AllowUserChat", "true"));
        Assert.Equal(HttpStatusCode.Conflict, stale.StatusCode);
        Assert.False((await Effective(one)).AllowUserChat);
        var wrong = await TestProduct.Post(admin, path, ("version", "2"), ("name", "Night desk " + one), ("AllowUserChat", "maybe"), ("ReadReceipts", "Sometimes"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        var said = await wrong.Content.ReadAsStringAsync();
        Assert.Contains("maybe is no value of AllowUserChat", said, StringComparison.Ordinal);
        Assert.Contains("Sometimes is no value of ReadReceipts", said, StringComparison.Ordinal);
        // A patient, a stranger's id and nobody at all are no targets, and nothing is half stored.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(admin, path + "?handler=assign", ("person", $"{Guid.NewGuid()}"), ("role", "policy-half"))).StatusCode);
        Assert.Equal(0L, await product.Ask<long>("select count(*) from collab.policy_assignment where target = 'policy-half'"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(admin, path + "?handler=assign")).StatusCode);
    }

    [Fact, Trait("Row", "PP-04")]
    public async Task Whoever_is_no_administrator_reaches_no_policy_page()
    {
        var (person, own, _) = await Person();
        foreach (var path in new[] { "/admin/policies", "/admin/policies/packages/clinical-worker", $"/admin/policies/{Guid.NewGuid()}", "/admin/policies/why" })
            Assert.Equal(HttpStatusCode.Forbidden, (await own.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(own, "/admin/policies/packages/clinical-worker", ("person", $"{person}"))).StatusCode);
        Assert.Null((await Effective(person)).Winner("messaging"));
    }

    [Fact, Trait("Row", "FS-01"), Trait("Row", "FS-02")]
    public async Task Pinned_apps_stand_first_in_the_policys_order_and_blocked_ones_are_hidden_and_refused()
    {
        var (front, desk) = (await Person(), await Person());
        var admin = await Admin();
        await Assign(admin, "frontline", ("person", $"{front.Person}"));
        var page = await front.Client.GetStringAsync("/activity");
        var order = new[] { "/activity", "/shifts", "/messages", "/visits", "/lists" }.Select(path => page.IndexOf($"class=\"place\" href=\"{path}\"", StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);

        await Assign(admin, "information-worker", ("person", $"{desk.Person}"));
        Assert.DoesNotContain("href=\"/shifts\"", await desk.Client.GetStringAsync("/activity"), StringComparison.Ordinal);
        foreach (var path in new[] { "/shifts", "/Shifts", "/shifts/mine", "/handovers" })
        {
            var answer = await desk.Client.GetAsync(path);
            Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound, path);
        }
        Assert.Contains("Healthcare_InformationWorker", await (await desk.Client.GetAsync("/shifts")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(desk.Client, "/shifts?handler=clockin")).StatusCode);
    }

    [Fact, Trait("Row", "FS-03")]
    public async Task Off_shift_a_policy_warns_or_blocks_and_a_clock_that_runs_opens_again()
    {
        var (person, own, _) = await Person();
        var team = await product.Team("Hours " + person, (person, "Owner"));
        var admin = await Admin();
        var made = await TestProduct.Post(admin, "/admin/policies", ("area", "hours"), ("name", "Hours " + person));
        var path = made.Headers.Location!.ToString().Split('?')[0];
        await TestProduct.Post(admin, path + "?handler=assign", ("person", $"{person}"));
        await TestProduct.Post(admin, path, ("version", "1"), ("name", "Hours " + person), ("OffShift", "Block"), ("QuietFrom", "22:00"), ("QuietTo", "11:00"));
        // In no roster: never off shift. The clock of the hospital says 10:00: quiet.
        var page = await own.GetStringAsync("/visits");
        Assert.Contains("data-quiet=\"yes\"", page, StringComparison.Ordinal);
        await product.Sql($"insert into collab.schedule (tenant, team, zone, created_at) values (1, '{team}', 'Europe/Paris', now()) on conflict do nothing");
        await product.Sql($"insert into collab.shift (tenant, id, team, person, kind, starts_at, ends_at, draft, changed_at) values (1, gen_random_uuid(), '{team}', '{person}', 'shift', '{product.Clock.GetUtcNow().AddHours(-9):O}', '{product.Clock.GetUtcNow().AddHours(-1):O}', false, now())");
        var shut = await own.GetAsync("/visits");
        Assert.Equal(HttpStatusCode.Forbidden, shut.StatusCode);
        Assert.Contains("off shift", await shut.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var open in new[] { "/messages", "/shifts", "/activity", "/me/policy" }) Assert.Equal(HttpStatusCode.OK, (await own.GetAsync(open)).StatusCode);

        await TestProduct.Post(admin, path, ("version", "2"), ("name", "Hours " + person), ("OffShift", "Warn"));
        Assert.Contains("You are off shift", await own.GetStringAsync("/visits"), StringComparison.Ordinal);
        var accepted = await TestProduct.Post(own, "/me/off-shift", ("back", "https://elsewhere.example/"));
        Assert.Equal("/", accepted.Headers.Location!.ToString());
        Assert.DoesNotContain("You are off shift", await own.GetStringAsync("/visits"), StringComparison.Ordinal);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.event where kind = 'policy.off-shift-accepted' and actor = '{person}'"));

        await TestProduct.Post(admin, path, ("version", "3"), ("name", "Hours " + person), ("OffShift", "Block"));
        await product.Sql($"update collab.shift set ends_at = '{product.Clock.GetUtcNow().AddHours(1):O}' where person = '{person}'");
        Assert.Equal(HttpStatusCode.OK, (await own.GetAsync("/visits")).StatusCode);
    }

    [Fact, Trait("Row", "MSG-10")]
    public async Task A_link_for_a_guest_is_refused_by_the_name_of_the_policy()
    {
        var (person, own, _) = await Person();
        var booked = await product.Book("policy-1");
        var admin = await Admin();
        var path = (await TestProduct.Post(admin, "/admin/policies", ("area", "meetings"), ("name", "No links " + person))).Headers.Location!.ToString().Split('?')[0];
        await TestProduct.Post(admin, path, ("version", "1"), ("name", "No links " + person), ("AllowGuestLinks", "false"));
        await TestProduct.Post(admin, path + "?handler=assign", ("person", $"{person}"));
        var refused = await TestProduct.Post(own, $"/visits/{booked.Visit}/invite", ("role", "Patient"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("No links", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.visit_link where visit = '{booked.Visit}'"));
    }
}
