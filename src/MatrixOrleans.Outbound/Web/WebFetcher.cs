using System.Net;
using MatrixOrleans.Outbound.Connections;
using MatrixOrleans.Outbound.Discovery;

namespace MatrixOrleans.Outbound.Web;

/// <summary>
/// Fetches over connections of a <see cref="GuardedConnector"/>: each resolves its name itself and goes to a checked address only. Redirects are followed here,
/// a bounded number, each as carefully as the first URL. No cookies, no credentials, nothing of the asker goes out.
/// </summary>
public sealed class WebFetcher : IWebFetcher, IDisposable
{
    private const int RedirectsMax = 5;
    private const int UrlLengthMax = 4096;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public WebFetcher(INameLookup names, OutboundOptions options, TimeProvider time)
    {
        _http = new HttpClient(Handlers.Create(new GuardedConnector(names, options), options)) { Timeout = Timeout.InfiniteTimeSpan };
        _time = time;
    }

    public async Task<FetchedPage> Get(WebFetch fetch, CancellationToken cancel = default)
    {
        var timeout = new CancellationTokenSource(fetch.Timeout, _time);
        var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        var lease = new Lease(timeout, both);
        try
        {
            return await Follow(fetch, lease, both.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            lease.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw failure switch
            {
                OperationCanceledException => new WebFetchException(fetch.Url, $"no answer within {fetch.Timeout.TotalSeconds:0.#} s", failure),
                HttpRequestException or IOException => new WebFetchException(fetch.Url, "cannot be reached", failure),
                WebFetchException => failure,
                _ => new WebFetchException(fetch.Url, "cannot be fetched", failure),
            };
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<FetchedPage> Follow(WebFetch fetch, Lease lease, CancellationToken cancel)
    {
        var url = fetch.Url;
        for (var redirects = 0; redirects <= RedirectsMax; redirects++)
        {
            Check(fetch, url);
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
            request.Headers.TryAddWithoutValidation("User-Agent", "MatrixOrleans (bot; link previews and media)");
            request.Headers.TryAddWithoutValidation("Accept", fetch.Accept);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
            {
                response.Dispose();
                url = new Uri(url, location);
                continue;
            }

            lease.Response = response;
            return await Answer(fetch, url, response, lease, cancel).ConfigureAwait(false);
        }

        throw new WebFetchException(fetch.Url, "too many redirects");
    }

    private static void Check(WebFetch fetch, Uri url)
    {
        var isWeb = url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && !fetch.HttpsOnly));
        if (!isWeb || url.UserInfo.Length > 0 || url.OriginalString.Length > UrlLengthMax)
        {
            throw new WebFetchException(fetch.Url, "the URL is not one to fetch");
        }
    }

    private static async Task<FetchedPage> Answer(WebFetch fetch, Uri url, HttpResponseMessage response, Lease lease, CancellationToken cancel)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new WebFetchException(fetch.Url, $"status {(int)response.StatusCode}");
        }

        if (!fetch.CutAtBytesMax && response.Content.Headers.ContentLength > fetch.BytesMax)
        {
            throw new WebFetchException(fetch.Url, $"more than {fetch.BytesMax} bytes") { IsTooLarge = true };
        }

        var body = new WebBody(await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false), fetch, cancel);
        return new FetchedPage(url, Header(response, "Content-Type"), Header(response, "Content-Disposition"), body, lease);
    }

    private static string? Header(HttpResponseMessage response, string name) => response.Content.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>What lives as long as the page is read.</summary>
    private sealed class Lease(CancellationTokenSource timeout, CancellationTokenSource both) : IDisposable
    {
        public HttpResponseMessage? Response { get; set; }

        public void Dispose()
        {
            Response?.Dispose();
            both.Dispose();
            timeout.Dispose();
        }
    }
}
