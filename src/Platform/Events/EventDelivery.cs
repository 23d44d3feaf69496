using HealthTeams.Platform.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Events;

/// <summary>
/// Delivers events to their consumers: at least once, per lane in order, with back-off, parked after a day of failure or
/// at once when refused for good. Each consumer has a loop and slots of its own: a slow one delays nobody else.
/// </summary>
public sealed class EventDelivery(Db db, IServiceProvider services, Wake wake, ILogger<EventDelivery> log) : BackgroundService
{
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    /// <summary>Refused for what it says. Not so: who we are (401), what comes later (404, 425), what changes by itself (408, 409, 412, 429).</summary>
    public static bool IsPermanent(Problem problem) => problem.Status is >= 400 and < 500 and not (401 or 404 or 408 or 409 or 412 or 425 or 429);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(services.GetServices<IEventConsumer>().Select(consumer => Loop(consumer, stoppingToken)));

    private async Task Loop(IEventConsumer consumer, CancellationToken stop)
    {
        using var loop = new ConsumerLoop(consumer, db, wake, log);
        await loop.Run(stop);
    }
}
