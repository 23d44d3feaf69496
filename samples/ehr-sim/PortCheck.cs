using System.Net;
using System.Net.Sockets;

namespace EhrSim;

internal static class PortCheck
{
    /// <summary>Asked before the state folder is opened, so that the complaint is about the port and not about its lock.</summary>
    public static bool IsTaken(int port)
    {
        if (port == 0) return false;
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }
}
