using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>A request that the fake homeserver got.</summary>
public sealed record Asked(string Method, string Target, JsonElement? Body)
{
    /// <summary>The target without its query, percent-decoded.</summary>
    public string Path => Uri.UnescapeDataString(Target.Split('?')[0]);
}

/// <summary>
/// Another homeserver, of its own making: TLS on the loopback address, keys, signed requests. It is strict: a request to it that is not signed as it should be is remembered
/// in <see cref="Faults"/> and refused.
/// </summary>
public sealed class FakeHomeserver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private readonly Uri _other;
    private readonly ServerName _otherName;
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly WebApplication _app;

    private FakeHomeserver(Uri other, string otherName, int port)
    {
        (_other, _otherName) = (other, ServerName.Parse(otherName));
        Port = port;
        Name = ServerName.Parse($"127.0.0.1:{Port}");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen => listen.UseHttps(TestAuthority.Issue())));
        _app = builder.Build();
        _app.Run(Serve);
    }

    public int Port { get; }

    public ServerName Name { get; }

    /// <summary>The key with which it signs.</summary>
    public SigningKey Key { get; set; } = SigningKey.FromSeed("ed25519:fake", RandomNumberGenerator.GetBytes(32));

    /// <summary>What it says of its keys; another text than the true one when it lies.</summary>
    public Func<string>? Keys { get; set; }

    /// <summary>Until when its keys are valid, in milliseconds since 1970.</summary>
    public long ValidUntil { get; set; } = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds();

    /// <summary>Status and body of the answer to anything else than a question for keys.</summary>
    public Func<Asked, (int Status, object Body)> Answer { get; set; } = asked => asked.Path.Contains("/send/", StringComparison.Ordinal)
        ? (200, new { pdus = new { } })
        : (404, new { errcode = "M_UNRECOGNIZED", error = "no" });

    /// <summary>Requests that were not as they should be.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>How often it was asked for its keys.</summary>
    public int KeyRequests;

    /// <summary>Everything that it was asked and had not been taken yet.</summary>
    public IReadOnlyCollection<Asked> All => _asked;

    /// <param name="server">The server under test.</param>
    public static async Task<FakeHomeserver> Start(ServerProcess server, string otherName, int? port = null)
    {
        FakeHomeserver fake = new(server.BaseAddress, otherName, port ?? FakePushGateway.FreePort());
        await fake._app.StartAsync();
        return fake;
    }

    public UserId User(string localpart) => UserId.Parse($"@{localpart}:{Name}");

    /// <summary>The next request that fits, of those that come from now on and those that have come.</summary>
    public async Task<Asked> Next(Func<Asked, bool> fits)
    {
        using CancellationTokenSource limit = new(Patience);
        while (true)
        {
            if (_asked.FirstOrDefault(fits) is { } found)
            {
                return found;
            }

            try
            {
                await _arrived.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not asked within {Patience.TotalSeconds} s; but: {string.Join("; ", _asked.Select(a => $"{a.Method} {a.Target} {a.Body}"))}; faults: {string.Join("; ", Faults)}");
            }
        }
    }

    /// <summary>The next ephemeral message of a type that fits, sent in a transaction.</summary>
    public async Task<JsonElement> NextEdu(string type, Func<JsonElement, bool>? fits = null)
    {
        JsonElement found = default;
        await Next(asked =>
        {
            foreach (JsonElement edu in asked.Path.Contains("/send/", StringComparison.Ordinal) && asked.Body is { } body && body.Has("edus") ? body.GetProperty("edus").EnumerateArray() : [])
            {
                if (edu.Str("edu_type") == type && (fits is null || fits(edu.GetProperty("content"))))
                {
                    found = edu.GetProperty("content");
                    return true;
                }
            }

            return false;
        });
        return found;
    }

    /// <summary>Asks the server under test, signed.</summary>
    public Task<Answer> Ask(HttpMethod method, string target, object? body = null, Func<string, string>? forge = null)
    {
        byte[]? bytes = body switch { null => null, string text => Encoding.UTF8.GetBytes(text), _ => JsonSerializer.SerializeToUtf8Bytes(body) };
        string header = XMatrix.Sign(method.Method, target, Name, _otherName, bytes, Key).ToString();
        return AskWith(method, target, bytes, forge is null ? header : forge(header));
    }

    /// <summary>Asks the server under test with any header, or none.</summary>
    public async Task<Answer> AskWith(HttpMethod method, string target, byte[]? body, string? authorization)
    {
        using HttpRequestMessage request = new(method, new Uri(_other, target));
        request.Headers.Host = _otherName.Value;
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        JsonElement json = default;
        try
        {
            json = JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            // The test says what it expects.
        }

        return new Answer($"{method} {target}", (int)response.StatusCode, json, text, new Dictionary<string, string>());
    }

    /// <summary>Sends a transaction.</summary>
    public Task<Answer> SendTransaction(string txnId, object[] edus, object[]? pdus = null) =>
        Ask(HttpMethod.Put, $"/_matrix/federation/v1/send/{txnId}", new { origin = Name.Value, origin_server_ts = 1, pdus = pdus ?? [], edus });

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    /// <summary>Its keys as they are.</summary>
    public string TrueKeys() => Encoding.UTF8.GetString(ServerKeys.Write(new ServerKeys(Name, [new ServerKey(Key.Id, Key.PublicKey, null)], ValidUntil), Key));

    private async Task Serve(HttpContext http)
    {
        string target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using MemoryStream buffer = new();
        await http.Request.Body.CopyToAsync(buffer);
        http.Response.ContentType = "application/json";
        if (target.StartsWith("/_matrix/key/v2/server", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref KeyRequests);
            await http.Response.WriteAsync(Keys?.Invoke() ?? TrueKeys());
            return;
        }

        byte[]? body = buffer.Length == 0 ? null : buffer.ToArray();
        if (!await IsSigned(http, target, body))
        {
            Faults.Enqueue($"{http.Request.Method} {target}: {http.Request.Headers.Authorization}");
            http.Response.StatusCode = 401;
            await http.Response.WriteAsync("""{"errcode":"M_UNAUTHORIZED","error":"not signed"}""");
            return;
        }

        Asked asked = new(http.Request.Method, target, body is null ? null : JsonElement.Parse(body));
        (int status, object answer) = Answer(asked);
        if (status == 200)
        {
            _asked.Enqueue(asked);
            _arrived.Release();
        }

        http.Response.StatusCode = status;
        await http.Response.WriteAsync(answer as string ?? JsonSerializer.Serialize(answer));
    }

    private async Task<bool> IsSigned(HttpContext http, string target, byte[]? body)
    {
        if (http.Request.Headers.Host != Name.Value || !XMatrix.TryParse(http.Request.Headers.Authorization.ToString(), out XMatrix? header)
            || header.Destination != Name || header.Origin != _otherName)
        {
            return false;
        }

        Answer keys = await AskWith(HttpMethod.Get, "/_matrix/key/v2/server", null, null);
        ServerKey? key = ServerKeys.Read(Encoding.UTF8.GetBytes(keys.Text), _otherName, out _)?.Keys.FirstOrDefault(one => one.KeyId == header.KeyId);
        return key is not null && header.IsGood(http.Request.Method, target, body, VerifyKey.TryImport(key.PublicKey.Span)!);
    }
}
