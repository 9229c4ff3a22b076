using System.Net;
using System.Net.Sockets;
using MatrixOrleans.Outbound.Discovery;

namespace MatrixOrleans.Outbound.Connections;

/// <summary>
/// Opens every connection of this process to other servers. A name is resolved here, once, its addresses are checked, and the connection goes to a checked
/// address: a second look-up cannot bring another one in.
/// </summary>
public sealed class GuardedConnector(INameLookup names, OutboundOptions options)
{
    /// <summary>Addresses of one name that are tried.</summary>
    private const int AddressesMax = 4;

    /// <exception cref="IOException">No address could be connected to, or none may be.</exception>
    public async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await names.Addresses(target.Host, cancel).ConfigureAwait(false);
        var permitted = addresses.Where(address => options.PrivateAddressesAllowed || AddressGuard.IsPublic(address)).Take(AddressesMax).ToList();
        if (permitted.Count == 0)
        {
            throw new IOException(addresses.Count == 0 ? $"{target.Host} has no address" : $"{target.Host} is at an address that may not be connected to");
        }

        Exception? last = null;
        foreach (var address in permitted)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                timeout.CancelAfter(options.ConnectTimeout);
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), timeout.Token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancel.ThrowIfCancellationRequested();
                last = failure;
            }
        }

        throw new IOException($"{target.Host}:{target.Port} cannot be connected to: {last!.Message}", last);
    }
}
