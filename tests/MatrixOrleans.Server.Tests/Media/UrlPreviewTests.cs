using System.Text.Json;
using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Previews of URLs: what clients are told, and how often the page is asked.</summary>
public sealed class UrlPreviewTests
{
    private static readonly ServerName One = ServerName.Parse("one.test");

    [Fact]
    public async Task A_page_is_told_with_its_image_as_media_of_ours_and_asked_once()
    {
        await using var cluster = await MediaCluster.Start();
        using var image = Samples.TwoColours(30, 20);
        var png = image.PngsaveBuffer();
        cluster.Internet.Answers["https://page.test/a"] = () => SmallInternet.Page("<title>Title</title><meta property=og:image content='/i.png'>", "text/html");
        cluster.Internet.Answers["https://page.test/i.png"] = () => SmallInternet.Page(png, "image/png");
        var preview = await Get(cluster, "https://page.test/a");
        Assert.Equal("Title", preview.GetProperty("og:title").GetString());
        Assert.Equal(("image/png", 30, 20, png.Length), (preview.GetProperty("og:image:type").GetString(), preview.GetProperty("og:image:width").GetInt32(), preview.GetProperty("og:image:height").GetInt32(), preview.GetProperty("matrix:image:size").GetInt32()));
        var uri = MxcUri.Parse(preview.GetProperty("og:image").GetString()!);
        Assert.Equal(One, uri.ServerName);
        Assert.Equal(png.Length, (await cluster.Grains.GetGrain<IMediaGrain>(0).Find(uri))!.Size);
        Assert.True(JsonElement.DeepEquals(preview, await Get(cluster, "https://page.test/a")));
        Assert.Equal(2, cluster.Internet.Asked.Count);
    }

    [Fact]
    public async Task An_image_is_its_own_preview_and_other_files_have_none()
    {
        await using var cluster = await MediaCluster.Start();
        using var image = Samples.TwoColours(30, 20);
        cluster.Internet.Answers["https://page.test/i"] = () => SmallInternet.Page(image.PngsaveBuffer(), "image/png");
        cluster.Internet.Answers["https://page.test/z"] = () => SmallInternet.Page("PK", "application/zip");
        Assert.Equal(30, (await Get(cluster, "https://page.test/i")).GetProperty("og:image:width").GetInt32());
        Assert.Equal("{}", (await Get(cluster, "https://page.test/z")).GetRawText());
    }

    [Fact]
    public async Task An_image_that_is_none_is_left_out()
    {
        await using var cluster = await MediaCluster.Start();
        foreach (var image in new[] { "/none.png", "/fake.png", "javascript:alert(1)", "::", "ftp://x/y" })
        {
            cluster.Internet.Answers["https://page.test/fake.png"] = () => SmallInternet.Page("<svg/>", "image/png");
            var url = $"https://page.test/{Guid.NewGuid():N}";
            cluster.Internet.Answers[url] = () => SmallInternet.Page($"<title>T</title><meta property=og:image content='{image}'>", "text/html");
            Assert.Equal("""{"og:title":"T"}""", (await Get(cluster, url)).GetRawText());
        }
    }

    [Fact]
    public async Task A_page_that_cannot_be_had_is_not_asked_again_at_once()
    {
        await using var cluster = await MediaCluster.Start();
        for (var i = 0; i < 3; i++)
        {
            Assert.True((await cluster.Grains.GetGrain<IUrlPreviewGrain>(UrlPreviewKey.Of(One, new Uri("https://gone.test/"))).Get()).IsEmpty);
        }

        Assert.Single(cluster.Internet.Asked);
    }

    private static async Task<JsonElement> Get(MediaCluster cluster, string url) =>
        JsonElement.Parse((await cluster.Grains.GetGrain<IUrlPreviewGrain>(UrlPreviewKey.Of(One, new Uri(url))).Get()).Span);
}
