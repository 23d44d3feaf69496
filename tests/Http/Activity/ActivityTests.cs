using System.Net;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace HealthTeams.Tests.Activity;

public sealed class ActivityTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task A_notice_is_told_once_rings_its_person_and_nobody_else()
    {
        var (curie, osler) = (await product.Staff("activity-curie", "Curie"), await product.Staff("activity-osler", "Osler"));
        using var hers = await product.SignedIn("activity-curie");
        using var his = await product.SignedIn("activity-osler");
        for (var i = 0; i < 2; i++)
        {
            await product.Db.In(1, Actor.Product, tx => Notices.Tell(tx, [curie], "task.assigned", "/tasks/1", new { title = "Weigh" }, key: "task/1"), default);
        }
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.notice where person = '{curie}'"));
        Assert.Contains("\"unseen\":1", await hers.GetStringAsync("/counts"), StringComparison.Ordinal);
        Assert.Contains("\"unseen\":0", await his.GetStringAsync("/counts"), StringComparison.Ordinal);

        var notice = await product.Ask<Guid>($"select id from collab.notice where person = '{curie}'");
        Assert.Equal("/activity", (await TestProduct.Post(his, $"/activity?notice={notice}")).Headers.Location!.ToString());
        Assert.Contains("\"unseen\":1", await hers.GetStringAsync("/counts"), StringComparison.Ordinal);
        var opened = await TestProduct.Post(hers, $"/activity?notice={notice}");
        Assert.Equal((HttpStatusCode.SeeOther, "/tasks/1"), (opened.StatusCode, opened.Headers.Location!.ToString()));
        Assert.Contains("\"unseen\":0", await hers.GetStringAsync("/counts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_told_of_their_own_doing()
    {
        var person = await product.Staff("activity-self", "Self");
        var me = new Caller { Tenant = 1, TenantSlug = "demo", Id = person.ToString(), Kind = CallerKind.Staff, Person = person };
        await product.Db.In(1, me.Actor, tx => Notices.Tell(tx, [person], "task.assigned", "/tasks/2"), default);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.notice where person = '{person}'"));
    }

    [Fact]
    public async Task A_team_is_watched_by_its_members_only()
    {
        var (inside, outside) = (await product.Staff("watch-in", "Inside"), await product.Staff("watch-out", "Outside"));
        var team = await product.Team("Watched", (inside, "Guest"));
        Assert.NotEqual(inside, outside);
        await using var member = await Hub("watch-in");
        await member.InvokeAsync("Watch", $"team/{team}");
        await using var stranger = await Hub("watch-out");
        await Assert.ThrowsAsync<HubException>(() => stranger.InvokeAsync("Watch", $"team/{team}"));
        await Assert.ThrowsAsync<HubException>(() => stranger.InvokeAsync("Watch", "team/x"));
    }

    [Fact]
    public async Task An_event_that_no_page_can_read_holds_back_nobodys_and_hundreds_are_told_of_one()
    {
        var me = await product.Staff("watch-many", "Many");
        await using var hub = await Hub("watch-many");
        await hub.InvokeAsync("Watch", "me");
        var rang = new TaskCompletionSource();
        hub.On<LiveChange>("changed", c => { if (c.Kind == "notice.told") rang.TrySetResult(); });
        await product.Db.In(1, Actor.Product, tx =>
        {
            foreach (var kind in new[] { "list", "task", "team", "approval", "shift", "notice" }) tx.Publish($"{kind}.told", $"{kind}/of no id");
            return Task.CompletedTask;
        }, default);
        await product.Db.In(1, Actor.Product, tx => Task.FromResult(tx.Publish("notice.told", "notice/many", data: new { people = Enumerable.Range(0, 500).Select(_ => Guid.NewGuid()).Append(me) })), default);
        await rang.Task.WaitAsync(TimeSpan.FromSeconds(15));
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.delivery where consumer = 'live'") == 0, "the queue is empty");
    }

    [Fact]
    public async Task Looking_for_a_patient_finds_by_name_and_number_in_this_hospital_and_is_on_record()
    {
        await product.Staff("looker", "Looker");
        await product.Book("P-1", family: "Pickering", mrn: "MRN-PICK");
        await product.Book("P-2", family: "Pickering", mrn: "MRN-PICK", tenant: "north");
        using var client = await product.SignedIn("looker");
        var found = await client.GetStringAsync("/people?kind=patient&q=pick%20mrn-p");
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(found, "PICKERING"));
        Assert.Contains("03-Feb-1970", found, StringComparison.Ordinal);
        Assert.Equal("[]", await client.GetStringAsync("/people?kind=patient&q=%25"));
        Assert.Equal("[]", await client.GetStringAsync("/people?kind=staff&q=pick"));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("/people?kind=dog&q=x")).StatusCode);
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.access where tenant = 1 and action = 'search' and subject = 'patients' and patient is not null") >= 1, "the search is on record");
    }

    private async Task<HubConnection> Hub(string username)
    {
        var jar = await product.SignedIn(username);
        var cookie = await Cookie(jar);
        var hub = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = cookie).Build();
        await hub.StartAsync();
        return hub;
    }

    private static async Task<string> Cookie(HttpClient client)
    {
        using var probe = await client.GetAsync("/counts");
        return probe.RequestMessage!.Headers.GetValues("Cookie").Single();
    }
}
