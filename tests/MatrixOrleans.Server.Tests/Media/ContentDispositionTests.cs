using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Headers and identifiers of media.</summary>
public sealed class ContentDispositionTests
{
    [Theory]
    [InlineData("simple.png")]
    [InlineData("with \"quotes\" and \\ and ; and =")]
    [InlineData("日本語.txt")]
    [InlineData("a%20b")]
    public void A_written_file_name_is_read_again(string name)
    {
        Assert.Equal(name, ContentDisposition.ReadFileName(ContentDisposition.Write("image/png", name)));
    }

    [Theory]
    [InlineData("attachment", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("attachment; filename=plain.txt", "plain.txt")]
    [InlineData("attachment;FILENAME=\"a;b\" ; size=3", "a;b")]
    [InlineData("attachment; filename=\"fallback\"; filename*=UTF-8''%e2%82%ac", "€")]
    [InlineData("attachment; filename*=latin1''x; filename=y", "y")]
    [InlineData("attachment; filename=\"open", "open")]
    [InlineData("attachment; filename=", null)]
    public void Headers_of_others_are_read(string? header, string? name)
    {
        Assert.Equal(name, ContentDisposition.ReadFileName(header));
    }

    [Theory]
    [InlineData("mxc://example.org/abc_-9", true)]
    [InlineData("mxc://example.org:8448/abc", true)]
    [InlineData("mxc://example.org/", false)]
    [InlineData("mxc://example.org", false)]
    [InlineData("mxc:///abc", false)]
    [InlineData("mxc://example.org/../x", false)]
    [InlineData("mxc://example.org/a/b", false)]
    [InlineData("mxc://example.org/a%2fb", false)]
    [InlineData("http://example.org/abc", false)]
    public void Only_mxc_uris_are_mxc_uris(string text, bool isOne)
    {
        Assert.Equal(isOne, MxcUri.TryParse(text, out var uri));
        Assert.Equal(isOne ? text : null, isOne ? uri.Value : null);
    }
}
