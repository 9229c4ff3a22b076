using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Previews of URLs, which a server makes only when it is told to.</summary>
public sealed class UrlPreviewTests
{
    [Fact]
    public async Task They_are_off_unless_they_are_switched_on()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions());
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        (await alice.Get($"/v1/media/preview_url?url={"https://example.org/"}")).Fails(404, "M_UNRECOGNIZED");
        (await alice.Get($"/_matrix/media/v3/preview_url?url={"https://example.org/"}")).Fails(404, "M_UNRECOGNIZED");
        Assert.False((await alice.Get($"/v3/capabilities")).Ok().At("capabilities", "io.element.msc4452.preview_url", "enabled").GetBoolean());
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task What_is_private_is_not_looked_at()
    {
        using Pages pages = new();
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { More = ["--url-previews", "true", "--outbound-private-addresses", "false"] });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        Assert.True((await alice.Get($"/v3/capabilities")).Ok().At("capabilities", "io.element.msc4452.preview_url", "enabled").GetBoolean());
        (await alice.Get($"/v1/media/preview_url?url={pages.Address + "/page"}")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v1/media/preview_url?url={server.BaseAddress.ToString()}")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v1/media/preview_url?url={"http://[::1]:22/"}")).Fails(404, "M_NOT_FOUND");
        Assert.Equal(0, pages.Asked);
        (await alice.Get($"/v1/media/preview_url")).Fails(400, "M_MISSING_PARAM");
        foreach (string url in new[] { "", "page", "/page", "ftp://example.org/", "file:///etc/passwd", "https://user:secret@example.org/", "https://" + new string('x', 3000) })
        {
            (await alice.Get($"/v1/media/preview_url?url={url}")).Fails(400, "M_INVALID_PARAM");
        }
        (await alice.Get($"/v1/media/preview_url?url={"https://example.org/"}&ts=soon")).Fails(400, "M_INVALID_PARAM");
        (await scope.Anonymous().Get($"/v1/media/preview_url?url={"https://example.org/"}")).Fails(401, "M_MISSING_TOKEN");
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task A_page_is_shown_with_an_image_that_comes_from_here()
    {
        using Pages pages = new();
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { More = ["--url-previews", "true", "--outbound-private-addresses", "true"] });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        JsonElement preview = (await alice.Get($"/v1/media/preview_url?url={pages.Address + "/page#part"}&ts=1")).Ok();
        Assert.Equal("A page", preview.Str("og:title"));
        (string Server, string Id) image = MediaCalls.Parts(preview.Str("og:image"));
        Assert.Equal(Pages.Image, (await alice.Download(image)).Ok());
        Assert.Equal(Pages.Image.Length, preview.Int("matrix:image:size"));
        int asked = pages.Asked;
        preview.IsJson((await alice.Get($"/_matrix/media/v3/preview_url?url={pages.Address + "/page"}")).Ok().GetRawText());
        Assert.Equal(asked, pages.Asked);
        (await alice.Get($"/v1/media/preview_url?url={pages.Address + "/nothing"}")).Fails(404, "M_NOT_FOUND");
        Assert.Empty(scope.Violations);
    }

    /// <summary>A web server with one page and one image.</summary>
    private sealed class Pages : IDisposable
    {
        public static readonly byte[] Image = MediaCalls.Png(30, 20);

        private readonly HttpListener _listener = new();
        private int _asked;

        public Pages()
        {
            using TcpListener probe = new(IPAddress.Loopback, 0);
            probe.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            probe.Stop();
            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _ = Serve();
        }

        public string Address { get; }

        public int Asked => Volatile.Read(ref _asked);

        public void Dispose() => _listener.Close();

        private async Task Serve()
        {
            while (_listener.IsListening)
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
                Interlocked.Increment(ref _asked);
                (string type, byte[] body) = context.Request.Url!.AbsolutePath switch
                {
                    "/page" => ("text/html; charset=utf-8", Encoding.UTF8.GetBytes("<title>A page</title><meta property='og:image' content='image.png'>")),
                    "/image.png" => ("image/png", Image),
                    _ => ("", []),
                };
                context.Response.StatusCode = type.Length > 0 ? 200 : 404;
                context.Response.ContentType = type;
                await context.Response.OutputStream.WriteAsync(body);
                context.Response.Close();
            }
        }
    }
}
