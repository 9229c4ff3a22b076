using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>One user who sends a message to several devices with each request, as clients do that share a room's key, the next when the last is acknowledged.</summary>
internal sealed class ToDeviceSender : IDisposable
{
    /// <summary>Bytes of one message: about those of an encrypted room key.</summary>
    public const int ContentBytes = 1000;

    private readonly HttpConnection _connection;
    private readonly MessageNumbers _numbers;
    private readonly byte[] _request;
    private readonly int[] _places;
    private readonly List<long> _latencies = new(4096);

    public ToDeviceSender(HomeserverProcess server, User user, MessageNumbers numbers, IEnumerable<string> receivers)
    {
        _connection = new HttpConnection(server.Address, user.From);
        _numbers = numbers;
        var zeros = new string('0', EventSize.NumberLength);
        var content = $$"""{"body":"#{{zeros}}#{{new string('x', ContentBytes - EventSize.NumberLength - 13)}}"}""";
        var messages = string.Join(',', receivers.Select(receiver => $$"""{{'"'}}{{receiver}}":{"*":{{content}} }"""));
        _request = Requests.Put($"/_matrix/client/v3/sendToDevice/m.room.encrypted/n{zeros}", user.Token, $$"""{"messages":{ {{messages}} } }""");
        _places = [_request.AsSpan().IndexOf("/n000"u8) + 2, .. Places(_request)];
    }

    /// <summary>The messages that were acknowledged, and when.</summary>
    public List<(long Number, long At)> Sent { get; } = new(4096);

    private int Refused { get; set; }

    /// <summary>All send for the warm-up and then for the measured time.</summary>
    public static async Task<LoadResult> Run(HomeserverProcess server, IReadOnlyList<ToDeviceSender> senders, TimeSpan warmUp, TimeSpan measured)
    {
        var phase = new Phase();
        var tasks = senders.Select(sender => Task.Run(() => sender.Send(phase))).ToList();
        await Task.Delay(warmUp);
        var window = new CpuWindow(server);
        phase.IsMeasured = true;
        await Task.Delay(measured);
        phase.IsMeasured = false;
        var use = window.End();
        phase.IsOver = true;
        await Task.WhenAll(tasks);
        return new LoadResult(new Latencies(senders.SelectMany(sender => sender._latencies)), use, senders.Sum(sender => sender.Refused));
    }

    public void Dispose() => _connection.Dispose();

    private async Task Send(Phase phase)
    {
        while (!phase.IsOver)
        {
            var number = _numbers.Next();
            Write(number);
            var started = Stopwatch.GetTimestamp();
            var status = await _connection.Exchange(_request);
            var at = Stopwatch.GetTimestamp();
            if (status != 200)
            {
                Refused++;
                await Task.Delay(10);
                continue;
            }

            Sent.Add((number, at));
            if (phase.IsMeasured)
            {
                _latencies.Add(at - started);
            }
        }
    }

    private void Write(long number)
    {
        Span<byte> digits = stackalloc byte[EventSize.NumberLength];
        Utf8Formatter.TryFormat(number, digits, out _, new StandardFormat('D', EventSize.NumberLength));
        foreach (var place in _places)
        {
            digits.CopyTo(_request.AsSpan(place));
        }
    }

    private static IEnumerable<int> Places(byte[] request)
    {
        for (var at = 0; request.AsSpan(at).IndexOf("#000"u8) is >= 0 and var next;)
        {
            at += next + 1;
            yield return at;
            at += EventSize.NumberLength + 1;
        }
    }

    private sealed class Phase
    {
        private volatile bool _isMeasured;
        private volatile bool _isOver;

        public bool IsMeasured
        {
            get => _isMeasured;
            set => _isMeasured = value;
        }

        public bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }
    }
}
