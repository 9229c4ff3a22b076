using System.Net;
using System.Net.Sockets;
using System.Text;
using MatrixOrleans.Outbound;
using MatrixOrleans.Outbound.Discovery;
using MatrixOrleans.Outbound.Web;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>The way out to any URL: bounded, and never to a private address, whoever leads there.</summary>
public sealed class WebFetcherTests : IDisposable
{
    private readonly HttpListener _server = new();
    private readonly string _base;

    public WebFetcherTests()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _base = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        }

        _server.Prefixes.Add(_base + "/");
        _server.Start();
        _ = Serve();
    }

    public void Dispose() => _server.Close();

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:10.0.0.1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://inside.test/")]
    [InlineData("ftp://outside.test/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user@outside.test/")]
    public async Task Nothing_private_and_nothing_but_the_web_is_asked(string url)
    {
        using var fetcher = Fetcher(privateToo: false);
        await Assert.ThrowsAsync<WebFetchException>(() => fetcher.Get(new WebFetch(new Uri(url)), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Redirects_are_followed_but_not_for_ever_and_not_out_of_the_web()
    {
        using var fetcher = Fetcher(privateToo: true);
        Assert.Equal("page", await Text(fetcher, new WebFetch(new Uri(_base + "/redirect/3"))));
        await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + "/redirect/9"))));
        await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + "/redirect-to-file"))));
        await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + "/page")) { HttpsOnly = true }));
        await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + "/missing"))));
    }

    [Fact]
    public async Task More_than_is_wanted_is_cut_or_refused()
    {
        using var fetcher = Fetcher(privateToo: true);
        foreach (var path in new[] { "/long", "/long-unsaid" })
        {
            Assert.Equal(1000, (await Text(fetcher, new WebFetch(new Uri(_base + path)) { BytesMax = 1000, CutAtBytesMax = true })).Length);
            Assert.True((await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + path)) { BytesMax = 1000 }))).IsTooLarge);
        }
    }

    [Fact]
    public async Task A_page_that_never_ends_does_end()
    {
        using var fetcher = Fetcher(privateToo: true);
        await Assert.ThrowsAsync<WebFetchException>(() => Text(fetcher, new WebFetch(new Uri(_base + "/slow")) { Timeout = TimeSpan.FromMilliseconds(300) }));
    }

    private static WebFetcher Fetcher(bool privateToo) => new(new Names(), new OutboundOptions { PrivateAddressesAllowed = privateToo }, TimeProvider.System);

    private static async Task<string> Text(WebFetcher fetcher, WebFetch fetch)
    {
        await using var page = await fetcher.Get(fetch, TestContext.Current.CancellationToken);
        using var bytes = new MemoryStream();
        await page.Body.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private async Task Serve()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Answer(context);
        }
    }

    private static async Task Answer(HttpListenerContext context)
    {
        var (path, response) = (context.Request.Url!.AbsolutePath, context.Response);
        try
        {
            switch (path)
            {
                case "/page" or "/redirect/0":
                    await response.OutputStream.WriteAsync("page"u8.ToArray());
                    break;
                case "/redirect-to-file":
                    (response.StatusCode, response.RedirectLocation) = (302, "file:///etc/passwd");
                    break;
                case "/long" or "/long-unsaid":
                    if (path == "/long")
                    {
                        response.ContentLength64 = 50_000;
                    }

                    await response.OutputStream.WriteAsync(new byte[50_000]);
                    break;
                case "/slow":
                    response.SendChunked = true;
                    await response.OutputStream.WriteAsync("a"u8.ToArray());
                    await response.OutputStream.FlushAsync();
                    await Task.Delay(TimeSpan.FromSeconds(5));
                    break;
                case var redirect when redirect.StartsWith("/redirect/", StringComparison.Ordinal):
                    (response.StatusCode, response.RedirectLocation) = (302, $"/redirect/{int.Parse(redirect["/redirect/".Length..], System.Globalization.CultureInfo.InvariantCulture) - 1}");
                    break;
                default:
                    response.StatusCode = 404;
                    break;
            }

            response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The fetcher had enough.
        }
    }

    /// <summary>Names of this test: one inside, one outside that leads nowhere.</summary>
    private sealed class Names : INameLookup
    {
        public ValueTask<IReadOnlyList<IPAddress>> Addresses(string host, CancellationToken cancel) =>
            ValueTask.FromResult<IReadOnlyList<IPAddress>>([IPAddress.Parse(host == "inside.test" ? "10.1.2.3" : "192.0.2.1")]);

        public ValueTask<IReadOnlyList<ServiceTarget>> Services(string name, CancellationToken cancel) => ValueTask.FromResult<IReadOnlyList<ServiceTarget>>([]);
    }
}
