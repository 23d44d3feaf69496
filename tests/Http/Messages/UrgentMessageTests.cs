using System.Net;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Platform.Database;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Messages;

/// <summary>Each test has a product of its own: the clock is moved.</summary>
public sealed class UrgentMessageTests : IAsyncLifetime
{
    private readonly TestProduct product = new();

    public Task InitializeAsync() => product.InitializeAsync();
    public Task DisposeAsync() => product.DisposeAsync();

    [Fact]
    [Trait("Row", "MSG-02")]
    public async Task Urgent_message_repeats_every_two_minutes_for_twenty_minutes_eleven_times()
    {
        await Send("stat");
        await Notified(1);
        for (var minute = 2; minute <= 20; minute += 2)
        {
            product.Clock.Advance(TimeSpan.FromMinutes(2));
            await Notified(1 + minute / 2);
        }
        product.Clock.Advance(TimeSpan.FromMinutes(30));
        await Quiet(11);
        Assert.Equal("unread", await product.Ask<string>("select closed from collab.message_delivery"));
    }

    [Fact]
    [Trait("Row", "MSG-03")]
    public async Task Urgent_message_repeats_until_read_and_the_list_alone_is_not_reading()
    {
        await Send("stat");
        await Notified(1);
        product.Clock.Advance(TimeSpan.FromMinutes(2));
        await Notified(2);
        var nurse = await product.SignedIn("seacole");
        var list = await nurse.GetStringAsync("/messages");
        Assert.DoesNotContain("Potassium 6.9", list, StringComparison.Ordinal);
        Assert.DoesNotContain("Only you", list, StringComparison.Ordinal); // the system that said it stands where a person would
        var delivery = await product.Ask<Guid>("select id from collab.message_delivery");
        Assert.DoesNotContain("Potassium 6.9", await nurse.GetStringAsync($"/messages/{delivery}"), StringComparison.Ordinal);
        Assert.Null(await product.Ask<string>("select closed from collab.message_delivery"));

        product.Clock.Advance(TimeSpan.FromMinutes(1));
        await Open(nurse, delivery);
        Assert.Contains("Potassium 6.9", await nurse.GetStringAsync($"/messages/{delivery}"), StringComparison.Ordinal);
        product.Clock.Advance(TimeSpan.FromMinutes(20));
        await Quiet(2);
    }

    [Fact]
    public async Task Reading_stops_ones_own_repeats_only_and_received_is_set_when_all_have_read()
    {
        var communication = await Send("stat", "seacole", "barton");
        await Notified(2);
        var mary = await product.Ask<Guid>("select d.id from collab.message_delivery d join collab.person p on p.id = d.recipient where p.family = 'Seacole'");
        await Open(await product.SignedIn("seacole"), mary);
        product.Clock.Advance(TimeSpan.FromMinutes(2));
        await Notified(3);
        var fhir = await product.Fhir();
        Assert.False((await (await fhir.GetAsync($"/fhir/Communication/{communication}")).Body()).TryGetProperty("received", out _));
        var clara = await product.Ask<Guid>("select d.id from collab.message_delivery d join collab.person p on p.id = d.recipient where p.family = 'Barton'");
        await Open(await product.SignedIn("barton"), clara);
        Assert.True((await (await fhir.GetAsync($"/fhir/Communication/{communication}")).Body()).TryGetProperty("received", out _));
    }

    [Fact]
    public async Task A_restart_at_minute_seven_goes_on_at_minute_eight()
    {
        await Send("stat");
        await Notified(1);
        foreach (var count in (int[])[2, 3, 4])
        {
            product.Clock.Advance(TimeSpan.FromMinutes(2));
            await Notified(count);
        }
        product.Clock.Advance(TimeSpan.FromMinutes(1));
        await product.Stop();
        await product.Start();
        await Quiet(4);
        product.Clock.Advance(TimeSpan.FromMinutes(1));
        await Notified(5);
    }

    [Fact]
    public async Task Many_workers_at_once_notify_each_step_once()
    {
        await Send("stat", "seacole", "barton");
        await Notified(2);
        var workers = Enumerable.Range(0, 8).Select(_ => new NotifyDue(product.Db)).ToArray();
        for (var minute = 2; minute <= 6; minute += 2)
        {
            product.Clock.Advance(TimeSpan.FromMinutes(2));
            await Task.WhenAll(workers.Select(w => w.Sweep(product.Clock.GetUtcNow(), default)));
            await Notified(2 + minute);
        }
        Assert.Equal(await product.Ask<long>("select count(*) from collab.message_notification"), await product.Ask<long>("select sum(jsonb_array_length(data->'deliveries')) from platform.event where kind = 'message.notified'"));
    }

    [Fact]
    [Trait("Row", "MSG-01")]
    public async Task A_routine_or_urgent_priority_notifies_once_and_stat_is_urgent()
    {
        await Send("routine");
        await Notified(1);
        await Send("urgent");
        await Notified(2);
        product.Clock.Advance(TimeSpan.FromMinutes(4));
        await Quiet(2);
        Assert.Equal("important,normal", await product.Ask<string>("select string_agg(priority, ',' order by priority) from collab.message"));
    }

    [Fact]
    public async Task The_recipients_page_hears_of_it_at_once_by_ids_only_and_nobody_elses_does()
    {
        await product.Staff("seacole", "Seacole");
        await product.Staff("barton", "Barton");
        await using var hers = await Watch("seacole");
        await using var others = await Watch("barton");
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaked = false;
        hers.On<System.Text.Json.JsonElement>("changed", c => heard.TrySetResult(c.GetRawText()));
        others.On<System.Text.Json.JsonElement>("changed", _ => leaked = true);
        await Send("stat");
        var told = await heard.Task.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Contains("message.", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Potassium", told, StringComparison.Ordinal);
        await Task.Delay(200);
        Assert.False(leaked);
    }

    [Fact]
    public async Task A_message_to_somebody_unknown_is_refused_and_says_whom()
    {
        var answer = await (await product.Fhir()).PostAsync("/fhir/Communication", FhirHttp.Json("""
            {"resourceType":"Communication","status":"in-progress","priority":"stat","recipient":[{"reference":"Practitioner/nobody"}],"payload":[{"contentString":"x"}]}
            """));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("Practitioner/nobody", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>("select count(*) from collab.message"));
    }

    [Fact]
    public async Task A_message_taken_back_falls_silent_and_leaves_the_list()
    {
        var id = await Send("stat");
        await Notified(1);
        var fhir = await product.Fhir();
        var sent = await (await fhir.GetAsync($"/fhir/Communication/{id}")).Content.ReadAsStringAsync();
        await fhir.PutAsync($"/fhir/Communication/{id}", FhirHttp.Json(sent.Replace("in-progress", "entered-in-error", StringComparison.Ordinal)));
        product.Clock.Advance(TimeSpan.FromMinutes(6));
        await Quiet(1);
        Assert.DoesNotContain("The EHR", await (await product.SignedIn("seacole")).GetStringAsync("/messages?part=list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_persons_message_does_not_exist_for_me()
    {
        await Send("stat", "seacole", "barton");
        var mary = await product.Ask<Guid>("select d.id from collab.message_delivery d join collab.person p on p.id = d.recipient where p.family = 'Seacole'");
        var barton = await product.SignedIn("barton");
        Assert.Equal(HttpStatusCode.NotFound, (await barton.GetAsync($"/messages/{mary}")).StatusCode);
    }

    private async Task<string> Send(string priority, params string[] to)
    {
        var fhir = await product.Fhir();
        var recipients = new List<string>();
        foreach (var username in to.Length == 0 ? ["seacole"] : to)
        {
            if (await product.Ask<long>($"select count(*) from auth.credential where username = '{username}'") == 0) await product.Staff(username, char.ToUpperInvariant(username[0]) + username[1..]);
            var body = $$"""{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"{{username}}"}],"name":[{"family":"{{char.ToUpperInvariant(username[0]) + username[1..]}}"}]}""";
            using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/Practitioner") { Content = FhirHttp.Json(body) };
            request.Headers.Add("If-None-Exist", $"identifier=https://hospital.example/id/staff|{username}");
            recipients.Add($$"""{"reference":"Practitioner/{{(await (await fhir.SendAsync(request)).Body()).Id()}}"}""");
        }
        return (await fhir.Create("Communication", $$"""
            {"resourceType":"Communication","status":"in-progress","priority":"{{priority}}","recipient":[{{string.Join(',', recipients)}}],"payload":[{"contentString":"Potassium 6.9"}]}
            """)).Id();
    }

    private static async Task Open(HttpClient nurse, Guid delivery)
    {
        var page = await nurse.GetStringAsync($"/messages/{delivery}");
        var opened = await nurse.PostAsync($"/messages/{delivery}/reading", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = Form.Token(page) }));
        Assert.Equal(HttpStatusCode.SeeOther, opened.StatusCode);
    }

    private Task Notified(int count) => TestProduct.Until(async () =>
    {
        // The clock may have been moved while the worker was between looking and waiting: it is rung, as by any commit.
        product.App.Services.GetRequiredService<HealthTeams.Platform.Due.Wake>().Ring();
        return await product.Ask<long>("select count(*) from collab.message_notification") == count;
    }, $"{count} notifications");

    /// <summary>Time passes and nothing more is notified.</summary>
    private async Task Quiet(int count)
    {
        await product.App.Services.GetRequiredService<IEnumerable<HealthTeams.Platform.Due.IDueSweep>>().OfType<NotifyDue>().Single().Sweep(product.Clock.GetUtcNow(), default);
        await Task.Delay(150);
        Assert.Equal(count, await product.Ask<long>("select count(*) from collab.message_notification"));
    }

    private async Task<HubConnection> Watch(string username)
    {
        var cookies = new SecureCookies();
        await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, username);
        var connection = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = cookies.Header).Build();
        await connection.StartAsync();
        await connection.InvokeAsync("Watch", "messages");
        return connection;
    }
}
