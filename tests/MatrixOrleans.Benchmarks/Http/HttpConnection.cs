using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace MatrixOrleans.Benchmarks.Http;

/// <summary>
/// One keep-alive HTTP/1.1 connection with one request in flight. It does what a load generator needs and no more, because it runs on the
/// processors that it measures: the caller hands it the whole request, and it hands back the body in a buffer that the next answer overwrites.
/// </summary>
internal sealed class HttpConnection(IPEndPoint server, IPAddress? from = null) : IDisposable
{
    private const int AnswerBytesMax = 512 * 1024 * 1024;

    private Socket? _socket;
    private byte[] _buffer = new byte[8 * 1024];
    private int _received;
    private int _bodyStart;
    private int _bodyLength;
    private bool _disposed;

    /// <summary>The body of the last answer, until the next request.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyStart, _bodyLength);

    /// <summary>The same, where a span cannot go.</summary>
    public ReadOnlyMemory<byte> BodyMemory => _buffer.AsMemory(_bodyStart, _bodyLength);

    /// <summary>Sends a request and waits for its whole answer.</summary>
    /// <returns>The status code.</returns>
    /// <exception cref="IOException">The connection was lost, or the answer is not HTTP as this class knows it. The next request opens a new connection.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> Exchange(ReadOnlyMemory<byte> request)
    {
        try
        {
            if (_socket is null)
            {
                await Connect();
            }

            while (request.Length > 0)
            {
                request = request[await _socket!.SendAsync(request, SocketFlags.None)..];
            }

            _received = 0;
            Head head;
            while (!TryReadHead(out head))
            {
                await Receive();
            }

            await ReadBody(head);
            return head.Status;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            _socket?.Dispose();
            _socket = null;
            throw error as IOException ?? new IOException("The connection was lost: " + error.Message, error);
        }
    }

    /// <summary>Forgets the connection, as when the server was restarted; the next request opens a new one.</summary>
    public void Reset()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public void Dispose()
    {
        _disposed = true;
        _socket?.Dispose();
    }

    private async ValueTask Connect()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }

            await socket.ConnectAsync(server);
            _socket = socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask Receive()
    {
        if (_received == _buffer.Length)
        {
            if (_buffer.Length >= AnswerBytesMax)
            {
                throw new IOException("The answer is too long.");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = await _socket!.ReceiveAsync(_buffer.AsMemory(_received), SocketFlags.None);
        if (count == 0)
        {
            throw new IOException("The server closed the connection.");
        }

        _received += count;
    }

    private async ValueTask ReadBody(Head head)
    {
        _bodyStart = head.Length;
        if (!head.Chunked)
        {
            while (_received < head.Length + head.ContentLength)
            {
                await Receive();
            }

            _bodyLength = head.ContentLength;
            return;
        }

        // Chunks are moved together in place.
        _bodyLength = 0;
        var next = head.Length;
        while (true)
        {
            int lineEnd;
            while ((lineEnd = _buffer.AsSpan(next, _received - next).IndexOf("\r\n"u8)) < 0)
            {
                await Receive();
            }

            if (!Utf8Parser.TryParse(_buffer.AsSpan(next, lineEnd), out int size, out _, 'x'))
            {
                throw new IOException("A chunk has no length.");
            }

            next += lineEnd + 2;
            while (_received < next + size + 2)
            {
                await Receive();
            }

            if (size == 0)
            {
                return;
            }

            _buffer.AsSpan(next, size).CopyTo(_buffer.AsSpan(_bodyStart + _bodyLength));
            _bodyLength += size;
            next += size + 2;
        }
    }

    private bool TryReadHead(out Head head)
    {
        head = default;
        var received = _buffer.AsSpan(0, _received);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        if (!received.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(received[9..12], out int status, out _))
        {
            throw new IOException("The answer is not HTTP/1.1.");
        }

        var contentLength = 0;
        var chunked = false;
        var lines = received[..(end + 2)];
        for (var line = lines.IndexOf((byte)'\n') + 1; line < lines.Length; line += lines[line..].IndexOf((byte)'\n') + 1)
        {
            var rest = lines[line..];
            if (HasName(rest, "content-length"u8))
            {
                Utf8Parser.TryParse(rest["content-length:"u8.Length..].TrimStart((byte)' '), out contentLength, out _);
            }
            else if (HasName(rest, "transfer-encoding"u8))
            {
                chunked = true;
            }
        }

        head = new Head(status, end + 4, contentLength, chunked);
        return true;
    }

    private static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && line[name.Length] == ':' && Ascii(line[..name.Length], name);

    private static bool Ascii(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => System.Text.Ascii.EqualsIgnoreCase(a, b);

    private readonly record struct Head(int Status, int Length, int ContentLength, bool Chunked);
}
