using System.Globalization;
using HealthTeams.SmartLauncher.Keys;

namespace HealthTeams.Host.Commands;

/// <summary>The keys by which EHRs know us.</summary>
internal static class KeyCommands
{
    public static Task<int> Rotate() => Operator.With((services, _) => Task.FromResult(Operator.Say(services.GetRequiredService<KeyRing>().Client.Rotate(),
        from => string.Create(CultureInfo.InvariantCulture, $"new client keys are published now and sign from {from:HH:mm:ss}Z; the old ones stay published for a day after that"))));
}
