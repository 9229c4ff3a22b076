using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.InteropServices;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>One user who sends messages, one at a time, over a connection of their own, and remembers what was acknowledged.</summary>
internal sealed class Sender(HomeserverProcess server, User user, MessageNumbers numbers) : IDisposable
{
    private readonly Dictionary<string, Template> _templates = [];
    private readonly HttpConnection _connection = new(server.Address, user.From);

    /// <summary>Ids of the acknowledged events; see <see cref="ShortId"/>.</summary>
    public List<UInt128> Acknowledged { get; } = new(4096);

    /// <summary>Requests that were answered with anything but 200.</summary>
    public int Refused { get; private set; }

    /// <summary>The last refusal.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Sends the next message into the room.</summary>
    /// <returns>Its number and when it was acknowledged; no time when it was refused.</returns>
    public async ValueTask<Sent> Send(string room)
    {
        if (!_templates.TryGetValue(room, out var template))
        {
            _templates[room] = template = new Template(room, user.Token);
        }

        var number = numbers.Next();
        var status = await _connection.Exchange(template.Numbered(number));
        var at = Stopwatch.GetTimestamp();
        if (status == 200)
        {
            Acknowledged.Add(ShortId(JsonText.After(_connection.Body, "\"event_id\":\""u8)));
            return new Sent(number, at);
        }

        Refused++;
        Refusal = $"{status} {System.Text.Encoding.UTF8.GetString(_connection.Body)}";
        return new Sent(number, null);
    }

    /// <summary>After the server was restarted.</summary>
    public void Reconnect() => _connection.Reset();

    public void Dispose() => _connection.Dispose();

    /// <summary>96 bits of an event id, which tell events apart as well as the whole id does.</summary>
    public static UInt128 ShortId(ReadOnlySpan<byte> eventId) => MemoryMarshal.Read<UInt128>(eventId[1..17]);

    /// <summary>A whole request with a place for the number in its path and in its body.</summary>
    private sealed class Template
    {
        private readonly byte[] _request;
        private readonly int _inPath;
        private readonly int _inBody;

        public Template(string room, string token)
        {
            var zeros = new string('0', EventSize.NumberLength);
            _request = Requests.Put(
                $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/send/m.room.message/n{zeros}", token, EventSize.Content(zeros, EventSize.Padding));
            _inPath = _request.AsSpan().IndexOf("/n000"u8) + 2;
            _inBody = _request.AsSpan().IndexOf("#000"u8) + 1;
        }

        public ReadOnlyMemory<byte> Numbered(long number)
        {
            Span<byte> digits = stackalloc byte[EventSize.NumberLength];
            Utf8Formatter.TryFormat(number, digits, out _, new System.Buffers.StandardFormat('D', EventSize.NumberLength));
            digits.CopyTo(_request.AsSpan(_inPath));
            digits.CopyTo(_request.AsSpan(_inBody));
            return _request;
        }
    }
}

/// <summary>A message that was sent.</summary>
/// <param name="AcknowledgedAt">Timestamp of its acknowledgement; <c>null</c> when it was refused.</param>
internal readonly record struct Sent(long Number, long? AcknowledgedAt);

/// <summary>Numbers the messages of a whole run.</summary>
internal sealed class MessageNumbers
{
    private long _last;

    public long Last => Volatile.Read(ref _last);

    public long Next() => Interlocked.Increment(ref _last);
}
