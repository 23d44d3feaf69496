using System.Net;
using System.Net.Sockets;

namespace EhrSim;

internal static class PortCheck
{
    /// <summary>Asked before the state folder is opened, so that the complaint is about the port and not about its lock.</summary>
    public static bool IsTaken(int port) =>
        port != 0 && (Try(IPAddress.Loopback, port) == SocketError.AddressAlreadyInUse || Try(IPAddress.IPv6Loopback, port) == SocketError.AddressAlreadyInUse);

    /// <summary>Some machines and containers have no IPv6; the simulator then answers on 127.0.0.1 alone.</summary>
    public static bool HasIPv6(int port) => Try(IPAddress.IPv6Loopback, port) == SocketError.Success;

    private static SocketError Try(IPAddress address, int port)
    {
        try
        {
            using var probe = new TcpListener(address, port);
            probe.Start();
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }
}
