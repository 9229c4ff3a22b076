using System.Net;
using System.Net.Sockets;

namespace MatrixOrleans.Server.Hosting;

/// <summary>Ports for what never leaves the process.</summary>
internal static class FreePort
{
    /// <summary>Two different loopback ports that were free a moment ago.</summary>
    public static (int First, int Second) Two()
    {
        using var first = Listen();
        using var second = Listen();
        return (Port(first), Port(second));
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
