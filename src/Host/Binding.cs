using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HealthTeams.Host;

/// <summary>BIND: an address of this machine, "localhost" for both its loopback addresses, "*" for all addresses.</summary>
internal static class Binding
{
    public static string Check(string bind) => bind is "localhost" || Any(bind) || Address(bind) is not null ? bind
        : throw new StartupException($"BIND is '{bind}': it is an IP address of this machine, localhost, or * for all addresses.");

    public static void Listen(KestrelServerOptions kestrel, string bind, int port, Action<ListenOptions> how)
    {
        if (bind == "localhost") kestrel.ListenLocalhost(port, how);
        else if (Any(bind)) kestrel.ListenAnyIP(port, how);
        else kestrel.Listen(Address(Check(bind))!, port, how);
    }

    /// <summary>The address to try whether the port is free.</summary>
    public static IPAddress Probe(string bind) => bind == "localhost" ? IPAddress.Loopback : Any(bind) ? IPAddress.Any : Address(Check(bind))!;

    private static bool Any(string bind) => bind is "*" or "0.0.0.0" or "::";

    // A bare number would parse as an address, too.
    private static IPAddress? Address(string bind) => (bind.Contains('.', StringComparison.Ordinal) || bind.Contains(':', StringComparison.Ordinal)) && IPAddress.TryParse(bind, out var a) ? a : null;
}
