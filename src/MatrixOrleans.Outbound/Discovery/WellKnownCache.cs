using System.Net;
using System.Text.Json;
using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound.Discovery;

/// <summary>
/// What servers say at <c>/.well-known/matrix/server</c>. Answers are kept as long as their headers say, two days at most; failures for a minute at first and
/// longer each time, an hour at most. Everybody who asks for the same server at once waits for the same request.
/// </summary>
public sealed class WellKnownCache(HttpClient http, OutboundOptions options, TimeProvider time)
{
    private const int ServersMax = 10_000;
    private const int RedirectsMax = 5;
    private const int BodyBytesMax = 50 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepDefault = TimeSpan.FromDays(1);
    private static readonly TimeSpan KeepMax = TimeSpan.FromDays(2);
    private static readonly TimeSpan KeepMin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FailureFirst = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FailureMax = TimeSpan.FromHours(1);

    private readonly ConcurrentLru<string, Entry> _entries = new(ServersMax);

    /// <summary>The server that it delegates to; <c>null</c> when it says nothing of use.</summary>
    public async ValueTask<ServerName?> Find(ServerName server, CancellationToken cancel)
    {
        var host = server.Host;
        var entry = _entries.GetOrAdd(host, static _ => new Entry());
        Task<ServerName?> asking;
        lock (entry)
        {
            if (time.GetUtcNow() < entry.Until)
            {
                return entry.Delegated;
            }

            asking = entry.Asking ??= Ask(host, entry);
        }

        return await asking.WaitAsync(cancel).ConfigureAwait(false);
    }

    private async Task<ServerName?> Ask(string host, Entry entry)
    {
        // Not in the lock of whoever asked first.
        await Task.Yield();
        ServerName? delegated = null;
        var keep = TimeSpan.Zero;
        try
        {
            using var timeout = new CancellationTokenSource(Timeout);
            (delegated, keep) = await Fetch(host, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException or UriFormatException or InvalidOperationException)
        {
            // Step 3: "If the response is invalid, skip to step 4."
        }

        lock (entry)
        {
            entry.Failures = delegated is null ? Math.Min(entry.Failures + 1, 16) : 0;
            var wait = FailureFirst * Math.Pow(2, entry.Failures - 1);
            entry.Until = time.GetUtcNow() + (delegated is not null ? keep : wait < FailureMax ? wait : FailureMax);
            entry.Delegated = delegated;
            entry.Asking = null;
        }

        return delegated;
    }

    private async Task<(ServerName? Delegated, TimeSpan Keep)> Fetch(string host, CancellationToken cancel)
    {
        var url = new UriBuilder("https", host, options.WellKnownPort, "/.well-known/matrix/server").Uri;
        for (var redirects = 0; redirects <= RedirectsMax; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } location)
            {
                url = new Uri(url, location);
                if (url.Scheme != Uri.UriSchemeHttps)
                {
                    return default;
                }

                continue;
            }

            if (response.StatusCode != HttpStatusCode.OK)
            {
                return default;
            }

            using var document = JsonDocument.Parse(await BoundedBody.Read(response.Content, BodyBytesMax, cancel).ConfigureAwait(false));
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("m.server"u8, out var name) && name.ValueKind == JsonValueKind.String && ServerName.TryParse(name.GetString(), out var delegated)
                ? (delegated, Keep(response))
                : default;
        }

        return default;
    }

    private TimeSpan Keep(HttpResponseMessage response)
    {
        var said = response.Headers.CacheControl switch
        {
            { NoStore: true } or { NoCache: true } => TimeSpan.Zero,
            { MaxAge: { } age } => age,
            _ => response.Content.Headers.Expires is { } expires ? expires - time.GetUtcNow() : KeepDefault,
        };
        return said < KeepMin ? KeepMin : said > KeepMax ? KeepMax : said;
    }

    private sealed class Entry
    {
        public DateTimeOffset Until;
        public ServerName? Delegated;
        public int Failures;
        public Task<ServerName?>? Asking;
    }
}
