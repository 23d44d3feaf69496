using System.Net;
using Xunit;

namespace HealthTeams.Tests.Subscriptions;

/// <summary>Nothing lost, nothing out of order, nobody slowed by another, whatever the endpoint and the product go through.</summary>
[Collection("subscriptions")]
public sealed class GuaranteeTests(ProductWithReceiver product) : SubscriptionTest(product)
{
    private static void Gapless(IEnumerable<Sent> sent, int count) => Assert.Equal(Enumerable.Range(1, count).Select(i => (long)i), sent.Select(s => s.Number).Distinct());

    /// <summary>A transaction of this many appointments.</summary>
    private Task<System.Text.Json.JsonElement> Many(int count) => Body(Post("", Bundle("transaction", [.. Enumerable.Range(0, count).Select(_ => Entry("POST", "Appointment", Appointment()))])));

    [Fact, Trait("Row", "FHIR-101")]
    public async Task An_endpoint_that_fails_five_times_gets_everything_in_order_when_it_is_well()
    {
        var fails = 5;
        Receiver.Answers[T] = (_, _) => Task.FromResult(Interlocked.Decrement(ref fails) >= 0 ? 500 : 200);
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        for (var i = 0; i < 3; i++) await Book();
        await Hurry(() => Task.FromResult(Receiver.At(T).Length >= 3), "all are received", TimeSpan.FromSeconds(1));
        Assert.True(fails < 0);
        Gapless(Receiver.At(T), 3);
        Assert.Equal("active", (await Subscription(id)).GetProperty("status").GetString());
    }

    [Fact, Trait("Row", "FHIR-101")]
    public async Task An_endpoint_that_is_down_for_hours_gets_all_of_them_afterwards()
    {
        await using var away = new Receiver();
        await away.Start();
        await Product.Register(away.Url);
        await Subscribe(Hook($"Appointment?identifier={T}").Replace(Receiver.Url, away.Url));
        await Book();
        await TestProduct.Until(() => Task.FromResult(away.At(T).Length == 1), "the first is received");
        await away.Stop();
        for (var i = 0; i < 6; i++)
        {
            await Book();
            Product.Clock.Advance(TimeSpan.FromMinutes(30));
            await Task.Delay(50);
        }
        await TestProduct.Until(async () => await Product.Ask<int>($"select attempts from fhir.subscription where endpoint like '%{T}'") > 1, "it was tried again and again");
        await away.Start();
        await Hurry(() => Task.FromResult(away.At(T).Length >= 7), "all are received", TimeSpan.FromMinutes(5));
        Gapless(away.At(T), 7);
    }

    [Fact, Trait("Row", "FHIR-101")]
    public async Task After_the_limit_its_status_says_why_and_asking_again_goes_on_where_it_stopped()
    {
        Receiver.Answers[T] = (_, _) => Task.FromResult(503);
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        await Book();
        await Hurry(async () => await Product.Ask<string>($"select state from fhir.subscription where id = '{id}'") == "error", "it is given up", TimeSpan.FromHours(2));
        var given = await Subscription(id);
        Assert.Equal("error", given.GetProperty("status").GetString());
        Assert.Contains("503", given.GetProperty("error").GetString());
        // It goes on collecting: what happens while it is in error is not lost either.
        await Book();
        await Quiet();
        Receiver.Answers.TryRemove(T, out _);
        Assert.Empty(Receiver.At(T));

        await Body(Post($"Subscription/{id}/$resend", ""));
        Gapless(await Received(2), 2);
        var mended = await Subscription(id);
        Assert.Equal(("active", false), (mended.GetProperty("status").GetString(), mended.TryGetProperty("error", out _)));

        // And once more by status, as R4 has it.
        Receiver.Answers[T] = (_, _) => Task.FromResult(410);
        await Book();
        await Becomes(id, "error");
        Receiver.Answers.TryRemove(T, out _);
        await Body(Put($"Subscription/{id}", (await Subscription(id)).GetRawText().Replace("\"status\":\"error\"", "\"status\":\"requested\"")));
        Gapless(await Received(3), 3);
    }

    [Fact]
    public async Task Resend_from_a_number_sends_again_from_there()
    {
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        for (var i = 0; i < 3; i++) await Book();
        await Received(3);
        await Quiet();
        await Body(Post($"Subscription/{id}/$resend?eventsSinceNumber=2", ""));
        Assert.Equal([1, 2, 3, 2, 3], (await Received(5)).Select(s => s.Number));
        await Refused(Post("Subscription/none/$resend", ""), HttpStatusCode.NotFound);
        using var reader = await Product.Fhir("system/*.rs");
        await Refused(Send(HttpMethod.Post, $"Subscription/{id}/$resend", "", [], by: reader), HttpStatusCode.Forbidden);
    }

    [Fact, Trait("Row", "FHIR-101")]
    public async Task Stopped_between_commit_and_delivery_and_in_the_middle_of_one_everything_comes_after_the_next_start()
    {
        var open = new TaskCompletionSource();
        Receiver.Answers[T] = async (_, aborted) => { await open.Task.WaitAsync(aborted); return 200; };
        await Subscribe(Hook($"Appointment?identifier={T}"));
        await Many(20);
        await TestProduct.Until(async () => await Product.Ask<long>($"select last from fhir.subscription where endpoint like '%{T}'") == 20, "they are numbered");
        await Product.Stop();
        open.SetResult();
        await Product.Start();
        Gapless(await Received(20), 20);
        using var fhir = await Product.Fhir();
        Assert.Equal(20, (await Body(Send(HttpMethod.Get, $"Appointment?identifier={T}&_total=accurate", null, [], by: fhir))).GetProperty("total").GetInt32());
    }

    [Fact, Trait("Row", "FHIR-101")]
    public async Task What_a_dead_worker_left_under_its_lease_is_sent_when_the_lease_ends()
    {
        var id = await Subscribe(Hook($"Appointment?identifier={T}"));
        // As a worker killed in mid-delivery leaves it.
        await Product.Sql($"update fhir.subscription set due = due + interval '60 seconds', claim = claim + 1 where id = '{id}'");
        await Many(3);
        await TestProduct.Until(async () => await Product.Ask<long>($"select last from fhir.subscription where id = '{id}'") == 3, "they are numbered");
        await Task.Delay(400);
        Assert.Empty(Receiver.At(T));
        Product.Clock.Advance(TimeSpan.FromSeconds(61));
        Gapless(await Received(3), 3);
    }

    [Fact, Trait("Row", "FHIR-102")]
    public async Task A_dead_endpoint_does_not_slow_a_good_one_through_a_thousand_events()
    {
        Receiver.Answers[$"{T}-dead"] = async (_, aborted) => { await Task.Delay(Timeout.Infinite, aborted); return 200; };
        await Subscribe(Hook($"Appointment?identifier={T}", path: $"{T}-dead"));
        await Subscribe(Hook($"Appointment?identifier={T}").Replace(Receiver.Url, await Nobody()));
        await Subscribe(Hook($"Appointment?identifier={T}"));
        for (var i = 0; i < 4; i++) await Many(250);
        var sent = await Received(1000, seconds: 40);
        Gapless(sent, 1000);
        Assert.Equal(1000, sent.Select(s => s.Path).Distinct().Count());
        Assert.Empty(Receiver.At($"{T}-dead"));
        Assert.Equal(3, await Product.Ask<long>($"select count(*) from fhir.subscription where criteria = 'identifier={T}' and last = 1000"));
    }

    [Fact]
    public async Task A_slow_endpoint_is_asked_one_thing_at_a_time_and_in_order()
    {
        var under = 0;
        Receiver.Answers[T] = async (_, aborted) =>
        {
            if (Interlocked.Increment(ref under) != 1) return 500;
            await Task.Delay(15, aborted);
            Interlocked.Decrement(ref under);
            return 200;
        };
        await Subscribe(Hook($"Appointment?identifier={T}"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Book()));
        Gapless(await Received(20), 20);
    }

    [Fact]
    public async Task The_versions_of_one_resource_arrive_in_their_order_however_they_were_written()
    {
        await Subscribe(Hook($"Appointment?identifier={T}"));
        var id = await Book();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Put($"Appointment/{id}", Appointment("booked", id).Replace("10:20", $"10:{30 + i}"))));
        var sent = await Received(25);
        Assert.Equal(Enumerable.Range(1, 25).Select(v => $"{v}"), sent.Select(s => Version(s.Json)));
        Gapless(sent, 25);
    }

    [Fact]
    public async Task A_tenant_without_subscriptions_feeds_nothing()
    {
        using var north = await Product.Fhir(tenant: "north");
        await Subscribe(Hook("Appointment"));
        await Body(Send(HttpMethod.Post, "Appointment", Appointment(), [], by: north), HttpStatusCode.Created);
        await Fhir.Create("Patient", Patient());
        await Quiet();
        Assert.Empty(Receiver.At(T));
        Assert.Equal(0, await Product.Ask<long>("select count(*) from fhir.subscription_feed"));
        // Neither another tenant's nor another type's change was ever written for anybody.
        var before = await Product.Ask<long>("select last_value from fhir.subscription_feed_seq_seq");
        await Body(Send(HttpMethod.Post, "Appointment", Appointment(), [], by: north), HttpStatusCode.Created);
        await Fhir.Create("Patient", Patient());
        Assert.Equal(before, await Product.Ask<long>("select last_value from fhir.subscription_feed_seq_seq"));
    }

    /// <summary>A registered address where nobody listens.</summary>
    private async Task<string> Nobody()
    {
        var gone = new Receiver();
        await gone.Start();
        var url = gone.Url;
        await gone.Stop();
        await Product.Register(url);
        return url;
    }
}
