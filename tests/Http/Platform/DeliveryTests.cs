using System.Collections.Concurrent;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Events;
using HealthTeams.Platform.Problems;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Platform;

/// <summary>The product with two more consumers, which do what the test says.</summary>
public sealed class ProductWithConsumers : TestProduct
{
    public FakeConsumer Slow { get; } = new("slow");
    public FakeConsumer Brisk { get; } = new("brisk");
    public FailingSweep Sweep { get; } = new();

    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        foreach (var consumer in new[] { Slow, Brisk })
        {
            services.AddSingleton<IEventConsumer>(consumer);
            services.AddSingleton(new EventRoute(consumer.Name, e => e.Kind == $"test.{consumer.Name}", e => e.Subject));
        }
        services.AddSingleton<IDueSweep>(Sweep);
    }

    public Task Publish(FakeConsumer consumer, string lane, params string[] what) => Db.In(1, Actor.Product, tx =>
    {
        foreach (var w in what) tx.Publish($"test.{consumer.Name}", lane, data: new { w });
        return Task.CompletedTask;
    }, default);
}

public sealed class FakeConsumer(string name) : IEventConsumer
{
    public string Name => name;
    public ConcurrentQueue<string> Delivered { get; } = new();
    public Func<string, CancellationToken, Task<Problem?>> Answer { get; set; } = (_, _) => Task.FromResult<Problem?>(null);

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        var what = System.Text.Json.JsonDocument.Parse(e.Data).RootElement.GetProperty("w").GetString()!;
        var problem = await Answer(what, stop);
        if (problem is null) Delivered.Enqueue(what);
        return problem;
    }
}

/// <summary>A bug in a sweep.</summary>
public sealed class FailingSweep : IDueSweep
{
    private int calls;
    public int Calls => calls;

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) =>
        throw new InvalidOperationException($"call {Interlocked.Increment(ref calls)}");
}

public sealed class DeliveryTests(ProductWithConsumers product) : IClassFixture<ProductWithConsumers>
{
    [Fact]
    public async Task A_slow_consumer_delays_nobody_else_and_not_more_than_sixteen_wait_for_it()
    {
        var open = new TaskCompletionSource();
        var under = 0;
        product.Slow.Answer = async (_, _) => { Interlocked.Increment(ref under); await open.Task; return null; };
        for (var i = 0; i < 20; i++) await product.Publish(product.Slow, $"slow/{i}", $"slow-{i}");
        await TestProduct.Until(() => Task.FromResult(under == 16), "its slots are full");
        await product.Publish(product.Brisk, "brisk/1", "beside");
        await TestProduct.Until(() => Task.FromResult(product.Brisk.Delivered.Contains("beside")), "the other consumer is served");
        Assert.Equal(16, under);
        open.SetResult();
        await TestProduct.Until(() => Task.FromResult(product.Slow.Delivered.Count(d => d.StartsWith("slow-", StringComparison.Ordinal)) == 20), "all are delivered");
        product.Slow.Answer = (_, _) => Task.FromResult<Problem?>(null);
    }

    [Fact]
    public async Task Within_a_lane_events_arrive_in_order_and_one_after_the_other()
    {
        var at = 0;
        product.Brisk.Answer = async (_, stop) =>
        {
            if (Interlocked.Increment(ref at) != 1) throw new InvalidOperationException("two at once");
            await Task.Delay(5, stop);
            Interlocked.Decrement(ref at);
            return null;
        };
        var said = Enumerable.Range(0, 12).Select(i => $"order-{i:00}").ToArray();
        await product.Publish(product.Brisk, "brisk/order", said);
        await TestProduct.Until(() => Task.FromResult(product.Brisk.Delivered.Count(d => d.StartsWith("order-", StringComparison.Ordinal)) == 12), "the lane is empty");
        Assert.Equal(said, product.Brisk.Delivered.Where(d => d.StartsWith("order-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_refused_for_good_is_parked_visibly_and_the_lane_goes_on()
    {
        product.Brisk.Answer = (what, _) => Task.FromResult<Problem?>(what == "bad" ? Problem.Unprocessable("never") : null);
        await product.Publish(product.Brisk, "brisk/park", "bad", "next");
        await TestProduct.Until(() => Task.FromResult(product.Brisk.Delivered.Contains("next")), "the next event of the lane is delivered");
        Assert.Equal("never", await product.Ask<string>("select error from platform.delivery where consumer = 'brisk' and parked_at is not null"));
        var ready = await (await product.Stranger().GetAsync("/health/ready")).Body();
        Assert.Equal(1, ready.GetProperty("parked").GetInt32());

        product.Brisk.Answer = (_, _) => Task.FromResult<Problem?>(null);
        Assert.Equal(("demo", "brisk", "brisk/park", "never"), (await ParkedDeliveries.List(product.Db, default)) is [var p] ? (p.Tenant, p.Consumer, p.Subject, p.Error) : default);
        Assert.Equal(1, await ParkedDeliveries.Retry(product.Db, default));
        await TestProduct.Until(() => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return Task.FromResult(product.Brisk.Delivered.Contains("bad")); }, "what was unparked is delivered");
    }

    [Fact]
    public async Task What_fails_for_the_moment_holds_its_lane_and_is_tried_again()
    {
        var tries = 0;
        product.Slow.Answer = (what, _) => Task.FromResult<Problem?>(what == "away" && ++tries < 3 ? new Problem(503, "away", "come back") : null);
        await product.Publish(product.Slow, "slow/retry", "away", "after");
        await TestProduct.Until(() => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return Task.FromResult(product.Slow.Delivered.Contains("after")); }, "both are delivered");
        // The hurried clock may end a lease: at least once is what is promised.
        Assert.True(tries >= 3);
        Assert.Equal(["away", "after"], product.Slow.Delivered.Where(d => d is "away" or "after").Distinct());
    }

    [Fact]
    public async Task A_sweep_that_throws_is_called_again_after_a_pause_and_the_product_goes_on()
    {
        var before = product.Sweep.Calls;
        await TestProduct.Until(() => Task.FromResult(product.Sweep.Calls >= before + 2), "it is called again");
        Assert.True(product.Sweep.Calls - before < 10, "it spins");
        Assert.True((await product.Stranger().GetAsync("/health/live")).IsSuccessStatusCode);
    }
}
