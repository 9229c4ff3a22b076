using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>A client that waits in <c>/sync</c>, takes the answer, and waits again.</summary>
internal sealed class LiveSync : IDisposable
{
    private readonly HttpConnection _connection;
    private readonly User _user;
    private readonly LiveSyncOptions _options;
    private string? _since;
    private Task _loop = Task.CompletedTask;
    private volatile bool _ended;

    public LiveSync(HomeserverProcess server, User user, LiveSyncOptions options)
    {
        _connection = new HttpConnection(server.Address, user.From);
        _user = user;
        _options = options;
    }

    /// <summary>Answers so far.</summary>
    public int Answers { get; private set; }

    /// <summary>Bytes of answers so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Messages in the answers and when they came; only kept where <see cref="LiveSyncOptions.Records"/> says so.</summary>
    public List<(long Number, long At)> Arrivals { get; } = [];

    /// <summary>Why it stopped before it was told to; <c>null</c> when all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Starts clients that each have had their initial sync.</summary>
    public static async Task<LiveSync[]> Start(HomeserverProcess server, IReadOnlyList<User> users, LiveSyncOptions options)
    {
        var clients = users.Select(user => new LiveSync(server, user, options)).ToArray();
        await Setup.ForEach(clients, async client => await client.Sync(timeoutMs: 0));
        foreach (var client in clients)
        {
            client._loop = Task.Run(client.Loop);
        }

        return clients;
    }

    /// <summary>Ends clients in the midst of their waiting.</summary>
    public static async Task End(IReadOnlyList<LiveSync> clients)
    {
        foreach (var client in clients)
        {
            client._ended = true;
            client._connection.Dispose();
        }

        await Task.WhenAll(clients.Select(c => c._loop));
        if (clients.FirstOrDefault(c => c.Failure is not null) is { } failed)
        {
            throw new InvalidDataException($"{clients.Count(c => c.Failure is not null)} live syncs failed, one with: {failed.Failure}");
        }
    }

    public void Dispose() => _connection.Dispose();

    private async Task Loop()
    {
        try
        {
            while (!_ended)
            {
                await Sync(timeoutMs: 30_000);
                if (_options.Pause > TimeSpan.Zero)
                {
                    await Task.Delay(_options.Pause);
                }
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            Failure = _ended ? null : error.Message;
        }
    }

    private async ValueTask Sync(int timeoutMs)
    {
        var path = $"/_matrix/client/v3/sync?timeout={timeoutMs}&filter={_options.Filter}{(_since is null ? "" : "&since=" + Uri.EscapeDataString(_since))}";
        var status = await _connection.Exchange(Requests.Get(path, _user.Token));
        var at = Stopwatch.GetTimestamp();
        if (status != 200)
        {
            throw new InvalidDataException($"GET /sync answered {status}: {Encoding.UTF8.GetString(_connection.Body)}");
        }

        _since = Encoding.UTF8.GetString(JsonText.After(_connection.Body, "\"next_batch\":\""u8));
        Answers++;
        Bytes += _connection.Body.Length;
        if (_options.Records)
        {
            Record(_connection.Body, at);
        }
    }

    private void Record(ReadOnlySpan<byte> answer, long at)
    {
        int next;
        while ((next = answer.IndexOf("\"body\":\"#"u8)) >= 0)
        {
            answer = answer[(next + "\"body\":\"#"u8.Length)..];
            if (Utf8Parser.TryParse(answer[..EventSize.NumberLength], out long number, out _))
            {
                Arrivals.Add((number, at));
            }
        }
    }
}

/// <summary>How clients sync.</summary>
/// <param name="TimelineLimit">Most events of a room that they want in one answer.</param>
/// <param name="Pause">How long a client works on an answer before it asks again.</param>
/// <param name="Records">They write down every message.</param>
internal sealed record LiveSyncOptions(int TimelineLimit, TimeSpan Pause, bool Records)
{
    /// <summary>As it stands in a query string.</summary>
    public string Filter { get; } = Uri.EscapeDataString($$"""{"room":{"timeline":{"limit":{{TimelineLimit}} } } }""");
}
