using System.Globalization;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;

namespace HealthTeams.Host.Commands;

/// <summary>Deliveries that were given up: seen, and run again when their cause is mended.</summary>
internal static class DeliveryCommands
{
    public static Task<int> List() => Operator.With(async (services, _) =>
    {
        var parked = await ParkedDeliveries.List(services.GetRequiredService<Db>(), default);
        Console.WriteLine(parked.Count == 0 ? "nothing is parked" : "hospital\tconsumer\tsubject\tsince\terror");
        foreach (var p in parked) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.Tenant}\t{p.Consumer}\t{p.Subject}\t{p.Since:yyyy-MM-dd HH:mm:ss}Z\t{p.Error}"));
        return 0;
    });

    public static Task<int> Retry() => Operator.With(async (services, _) =>
    {
        Console.WriteLine($"{await ParkedDeliveries.Retry(services.GetRequiredService<Db>(), default)} run again");
        return 0;
    });
}
