using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>An application service that remembers its transactions, and answers questions as a test wants it to.</summary>
public sealed class FakeAppService : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static int _count;
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly Channel<(string Id, JsonElement Body)> _transactions = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly int _port = FakePushGateway.FreePort();
    private HttpListener? _listener;
    private Task _serving = Task.CompletedTask;

    /// <summary>Listens from now on.</summary>
    public FakeAppService(string? more = null)
    {
        string number = Interlocked.Increment(ref _count).ToString(System.Globalization.CultureInfo.InvariantCulture);
        (Id, AsToken, HsToken) = ($"bridge{number}", $"as_{number}", $"hs_{number}");
        RegistrationFile = Path.Combine(Path.GetTempPath(), $"registration-{Guid.NewGuid():N}.yaml");
        File.WriteAllText(RegistrationFile, $"""
            id: {Id}
            url: "http://127.0.0.1:{_port}"
            as_token: {AsToken}
            hs_token: {HsToken}
            sender_localpart: {Id}
            rate_limited: false
            namespaces:
              users:
                - exclusive: true
                  regex: "@_{Id}_.*"
              aliases:
                - exclusive: true
                  regex: "#_{Id}_.*"
              rooms: []
            protocols: ["net{Id}"]
            {more}
            """);
        Listen();
    }

    /// <summary>Its id, which also begins its users and aliases.</summary>
    public string Id { get; }

    /// <summary>With this it asks.</summary>
    public string AsToken { get; }

    /// <summary>With this it is asked.</summary>
    public string HsToken { get; }

    /// <summary>For the server's option <c>app-services</c>.</summary>
    public string RegistrationFile { get; }

    /// <summary>Status and body of the answer to a request that is no transaction: its method, and its path with the query.</summary>
    public Func<string, string, Task<(int Status, string Body)>> Answer { get; set; } = (_, _) => Task.FromResult((404, """{"errcode":"M_NOT_FOUND"}"""));

    /// <summary>The status with which a transaction is answered.</summary>
    public Func<int> TransactionStatus { get; set; } = () => 200;

    /// <summary>Every id with which a transaction came, and its body, in order; also of those that were refused.</summary>
    public ConcurrentQueue<(string Id, string Body)> Tries { get; } = new();

    /// <summary>Requests whose token was not the right one.</summary>
    public int Unauthorized { get; private set; }

    /// <summary>Begins to listen, after <see cref="Silence"/>.</summary>
    public void Listen()
    {
        _listener = new HttpListener();
        _listener.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _listener.Start();
        _serving = ServeAsync(_listener);
    }

    /// <summary>Nobody is there any more.</summary>
    public async Task Silence()
    {
        _listener?.Close();
        await _serving;
    }

    /// <summary>The next event that fits.</summary>
    public Task<JsonElement> Next(Func<JsonElement, bool> fits) => Next(_events.Reader, fits, "event");

    /// <summary>The next transaction that fits.</summary>
    public async Task<JsonElement> NextTransaction(Func<JsonElement, bool> fits) => (await Next(_transactions.Reader, t => fits(t.Body), "transaction")).Body;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Silence();
        File.Delete(RegistrationFile);
    }

    private static async Task<T> Next<T>(ChannelReader<T> reader, Func<T, bool> fits, string what)
    {
        using CancellationTokenSource limit = new(Patience);
        try
        {
            while (true)
            {
                T item = await reader.ReadAsync(limit.Token);
                if (fits(item))
                {
                    return item;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The application service was not told of such an {what} within {Patience.TotalSeconds} s.");
        }
    }

    private async Task ServeAsync(HttpListener listener)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => HandleAsync(context));
        }
    }

    private async Task HandleAsync(HttpListenerContext context)
    {
        using StreamReader reader = new(context.Request.InputStream);
        string text = await reader.ReadToEndAsync();
        string path = context.Request.RawUrl!;
        (int status, string answer) = (200, "{}");
        if (context.Request.Headers["Authorization"] != $"Bearer {HsToken}")
        {
            Unauthorized++;
            (status, answer) = (403, """{"errcode":"M_FORBIDDEN"}""");
        }
        else if (path.StartsWith("/_matrix/app/v1/transactions/", StringComparison.Ordinal))
        {
            string id = path.Split('/')[^1];
            Tries.Enqueue((id, text));
            status = TransactionStatus();
            if (status == 200)
            {
                JsonElement body = JsonElement.Parse(text);
                foreach (JsonElement e in body.GetProperty("events").EnumerateArray())
                {
                    _events.Writer.TryWrite(e);
                }

                _transactions.Writer.TryWrite((id, body));
            }
        }
        else
        {
            (status, answer) = await Answer(context.Request.HttpMethod, path);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
        context.Response.Close();
    }
}
