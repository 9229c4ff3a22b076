using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>A push gateway that remembers what it is told, and answers as a test wants it to.</summary>
public sealed class FakePushGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly HttpListener _listener = new();
    private readonly Channel<JsonElement> _told = Channel.CreateUnbounded<JsonElement>();
    private readonly Task _serving;

    /// <summary>Listens on a port of its own, or on one that is known from before.</summary>
    public FakePushGateway(int? port = null)
    {
        Port = port ?? FreePort();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>What pushers give as <c>data.url</c>.</summary>
    public string Url => $"http://127.0.0.1:{Port}/_matrix/push/v1/notify";

    /// <summary>Status and body of the answer to a notification.</summary>
    public Func<JsonElement, (int Status, string Body)> Answer { get; set; } = _ => (200, """{"rejected":[]}""");

    /// <summary>A port that nobody uses at the moment.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The next notification, whatever it is about.</summary>
    public async Task<JsonElement> Next()
    {
        using CancellationTokenSource limit = new(Patience);
        try
        {
            return await _told.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The push gateway was not told anything within {Patience.TotalSeconds} s.");
        }
    }

    /// <summary>The next notification of an event; those of counts alone are passed over.</summary>
    public async Task<JsonElement> NextEvent()
    {
        while (true)
        {
            JsonElement notification = await Next();
            if (notification.TryGetProperty("event_id", out _))
            {
                return notification;
            }
        }
    }

    /// <summary>The next notification of a count alone with this number.</summary>
    public async Task<JsonElement> NextCount(long unread)
    {
        while (true)
        {
            JsonElement notification = await Next();
            if (!notification.TryGetProperty("event_id", out _) && notification.GetProperty("counts").TryGetProperty("unread", out JsonElement count) && count.GetInt64() == unread)
            {
                return notification;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using StreamReader reader = new(context.Request.InputStream);
            JsonElement notification = JsonElement.Parse(await reader.ReadToEndAsync()).GetProperty("notification");
            (int status, string body) = Answer(notification);
            if (status == 200)
            {
                _told.Writer.TryWrite(notification);
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }
}
