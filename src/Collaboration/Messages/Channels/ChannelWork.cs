using Dapper;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>
/// The ways out, each kind with a loop and slots of its own: a dead mail server delays no device, and one dead device no other.
/// A claim is a lease, so what a killed worker had in hand goes out again with the same key.
/// </summary>
internal sealed class ChannelWork(IEnumerable<IChannel> channels, Db db, Wake wake, ILogger<ChannelWork> log) : BackgroundService
{
    private const int Slots = 16;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(channels.Select(channel => Loop(channel, stoppingToken)));

    private async Task Loop(IChannel channel, CancellationToken stop)
    {
        using var slots = new SemaphoreSlim(Slots);
        await Endless.Run($"Ringing by {channel.Kind}", s => Round(channel, slots, s), log, stop);
        for (var i = 0; i < Slots; i++) await slots.WaitAsync(CancellationToken.None);
    }

    private async Task Round(IChannel channel, SemaphoreSlim slots, CancellationToken stop)
    {
        var bell = wake.Soon;
        await slots.WaitAsync(stop);
        var free = 1;
        while (free < Slots && slots.Wait(0, CancellationToken.None)) free++;
        var claims = new List<Claim>();
        try
        {
            claims = await Take(channel.Kind, free, stop);
        }
        finally
        {
            if (free > claims.Count) slots.Release(free - claims.Count);
        }
        foreach (var claim in claims) _ = Handle(channel, claim, slots, stop);
        if (claims.Count == 0) await wake.Wait(bell, TimeSpan.FromSeconds(1), stop);
    }

    private async Task<List<Claim>> Take(string kind, int atMost, CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<Claim>(new CommandDefinition("""
            update collab.message_push o set due_at = @until, attempts = o.attempts + 1
            from (select tenant, delivery, step, channel from collab.message_push where kind = @kind and due_at <= @now order by due_at limit @atMost for update skip locked) h
            where o.tenant = h.tenant and o.delivery = h.delivery and o.step = h.step and o.channel = h.channel
            returning o.tenant, o.delivery, o.step, o.channel, o.attempts
            """, new { kind, now = now.UtcDateTime, until = (now + Lease).UtcDateTime, atMost }, cancellationToken: stop))).AsList();
    }

    private async Task Handle(IChannel channel, Claim claim, SemaphoreSlim slots, CancellationToken stop)
    {
        try
        {
            await Endless.Once($"Ringing {claim.Delivery}:{claim.Step} by {channel.Kind}", s => Out(channel, claim, s), log, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The lease brings it back.
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task Out(IChannel channel, Claim claim, CancellationToken stop)
    {
        var to = await db.In(claim.Tenant, Actor.Product, tx => tx.OneOrNone<Where>("""
            select d.priority, d.read_at is not null or d.closed is not null and d.closed <> 'unread' as Over, d.step > @Step + 1 or d.next_at <= @Now as Later,
              c.address, c.p256dh, c.auth, q.from_minute as FromMinute, q.to_minute as ToMinute, q.until, t.time_zone as Zone
            from collab.message_delivery d
            join platform.tenant t on t.id = d.tenant
            left join collab.person_channel c on c.tenant = d.tenant and c.id = @Channel
            left join collab.person_quiet q on q.tenant = d.tenant and q.person = d.recipient
            where d.tenant = @Tenant and d.id = @Delivery
            """, new { tx.Tenant, tx.Now, claim.Delivery, claim.Step, claim.Channel }), stop);
        var now = db.Clock.GetUtcNow();
        var result = to switch
        {
            null or { Address: null } => RingResult.Gone,
            { Over: true } => new RingResult("needless"),
            _ when to.Priority != "urgent" && QuietRules.Quiet(to.FromMinute, to.ToMinute, to.Until, to.Zone, now) => new RingResult("quiet"),
            _ when !channel.Open => new RingResult("failed", "This installation has no such way out."),
            _ => await channel.Send(new Ring($"{claim.Delivery}:{claim.Step}", claim.Delivery, claim.Step, to.Priority, to.Address, to.P256dh, to.Auth), stop),
        };
        await Settle(channel, claim, result, last: !channel.Open || to is { Later: true } || RingRules.Again(claim.Attempts, now) is null, now, stop);
    }

    /// <summary>What the next step rings anew is not tried for ever.</summary>
    private async Task Settle(IChannel channel, Claim claim, RingResult result, bool last, DateTimeOffset now, CancellationToken stop) => await db.In(claim.Tenant, Actor.Product, async tx =>
    {
        var again = result.State == "failed" && !last ? RingRules.Again(claim.Attempts, now) : null;
        await tx.Execute("""
            update collab.message_push set state = @state, due_at = @again, at = @Now, error = @Error where tenant = @Tenant and delivery = @Delivery and step = @Step and channel = @Channel and attempts = @Attempts
            """, new { tx.Tenant, tx.Now, claim.Delivery, claim.Step, claim.Channel, claim.Attempts, result.Error, again, state = again is null ? result.State : "waiting" });
        if (result.State == "gone") await tx.Execute("delete from collab.person_channel where tenant = @Tenant and id = @Channel and kind = @kind", new { tx.Tenant, claim.Channel, kind = channel.Kind });
        var sender = await tx.Scalar<Guid?>("select r.sender from collab.message_raised r join collab.message_delivery d on d.tenant = r.tenant and d.message = r.message where d.tenant = @Tenant and d.id = @Delivery", new { tx.Tenant, claim.Delivery });
        // Who sent it follows the ways out as well.
        if (sender is { } s && (result.State != "sent" || claim.Step == 0)) tx.Publish("message.rung", $"delivery/{claim.Delivery}", null, new { claim.Step, result.State, recipients = new[] { s } });
    }, stop);

    private sealed record Claim
    {
        public int Tenant { get; init; }
        public Guid Delivery { get; init; }
        public int Step { get; init; }
        public Guid Channel { get; init; }
        public int Attempts { get; init; }
    }

    private sealed record Where
    {
        public string Priority { get; init; } = "";
        public bool Over { get; init; }
        public bool Later { get; init; }
        public string? Address { get; init; }
        public byte[]? P256dh { get; init; }
        public byte[]? Auth { get; init; }
        public int? FromMinute { get; init; }
        public int? ToMinute { get; init; }
        public DateTimeOffset? Until { get; init; }
        public string Zone { get; init; } = "UTC";
    }
}
