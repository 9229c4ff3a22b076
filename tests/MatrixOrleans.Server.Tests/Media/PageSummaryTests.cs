using System.Diagnostics;
using System.Text;
using MatrixOrleans.Media.Previews;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>What is read out of a page that somebody linked to.</summary>
public sealed class PageSummaryTests
{
    [Fact]
    public void Open_graph_properties_are_taken_but_nothing_that_leads_elsewhere()
    {
        var summary = Read("""
            <!doctype html><html><head><title>The tab's title</title>
            <meta property="og:title" content="A &amp; B"><meta property=og:description content='  two
              lines '><meta property="og:site_name" content="Site"><meta property="og:image" content="/i.png"><meta property="og:video:url" content="https://elsewhere.example/v">
            <meta property="fb:admins" content="1"></head><body><p>text</p></body></html>
            """);
        Assert.Equal(new Dictionary<string, string> { ["og:title"] = "A & B", ["og:description"] = "two lines", ["og:site_name"] = "Site" }, summary.Properties);
        Assert.Equal("/i.png", summary.Image);
    }

    [Fact]
    public void A_page_without_them_is_told_by_its_title_and_description_or_words()
    {
        var described = Read("<title>T</title><meta name=Description content=D><meta name='twitter:image' content='t.png'>");
        Assert.Equal(("T", "D", "t.png"), (described.Properties["og:title"], described.Properties["og:description"], described.Image));
        var bare = Read("<title>T</title><script>var p = '<p>no</p>';</script><style>p { }</style><nav>menu</nav><p>First &lt;words&gt;.</p>\n<p>More.</p><link rel=image_src href=l.png>");
        Assert.Equal("First <words>. More.", bare.Properties["og:description"]);
        Assert.Equal("l.png", bare.Image);
        Assert.Empty(Read("").Properties);
    }

    [Theory]
    [InlineData("utf-8", "text/html; charset=utf-8", "")]
    [InlineData("windows-1251", "text/html; charset=\"windows-1251\"", "")]
    [InlineData("windows-1251", "text/html", "<meta charset='windows-1251'>")]
    [InlineData("utf-8", "text/html; charset=no-such-thing", "")]
    [InlineData("utf-8", null, "")]
    public void The_characters_are_those_of_the_pages_charset(string charset, string? contentType, string meta)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var page = Encoding.GetEncoding(charset).GetBytes($"{meta}<title>Привет</title>");
        Assert.Equal("Привет", PageSummary.Read(page, contentType).Properties["og:title"]);
    }

    [Fact]
    public void Values_are_of_bounded_length_and_number()
    {
        var many = string.Concat(Enumerable.Range(0, 1000).Select(i => $"<meta property='og:x{i}' content='v'>"));
        Assert.True(Read(many).Properties.Count <= 32);
        var title = Read($"<title>{new string('x', 999)}😀😀</title>").Properties["og:title"];
        Assert.Equal(1000, title.Length);
        Assert.EndsWith("x…", title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<div>")]
    [InlineData("<p>")]
    [InlineData("<a b")]
    [InlineData("<meta property=og:a content=b ")]
    [InlineData("&amp")]
    [InlineData("<!--")]
    [InlineData("<title>")]
    [InlineData("<script><!--<script>")]
    [InlineData(" a=b")]
    public void Pages_that_are_made_to_be_slow_are_not(string piece)
    {
        var text = new StringBuilder("<html ");
        for (var i = 0; text.Length < PageSummary.BytesMax; i++)
        {
            text.Append(piece).Append(piece.EndsWith('b') ? i : "");
        }

        var started = Stopwatch.GetTimestamp();
        Read(text.ToString());
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    private static PageSummary Read(string page) => PageSummary.Read(Encoding.UTF8.GetBytes(page), "text/html");
}
