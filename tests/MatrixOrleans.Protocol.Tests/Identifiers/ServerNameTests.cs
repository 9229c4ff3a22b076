using CsCheck;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Tests.Identifiers;

public sealed class ServerNameTests
{
    [Theory]
    [InlineData("matrix.org", "matrix.org", null)]
    [InlineData("matrix.org:8888", "matrix.org", 8888)]
    [InlineData("1.2.3.4", "1.2.3.4", null)]
    [InlineData("1.2.3.4:1234", "1.2.3.4", 1234)]
    [InlineData("[1234:5678::abcd]", "[1234:5678::abcd]", null)]
    [InlineData("[1234:5678::abcd]:5678", "[1234:5678::abcd]", 5678)]
    [InlineData("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", null)]
    [InlineData("localhost:00080", "localhost", 80)]
    public void The_examples_of_the_specification_are_server_names(string text, string host, int? port)
    {
        var name = ServerName.Parse(text);
        Assert.Equal((host, port), (name.Host, name.Port));
        Assert.Equal(text, name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":8448")]
    [InlineData("matrix.org:")]
    [InlineData("matrix.org:123456")]
    [InlineData("matrix.org:65536")]
    [InlineData("matrix.org:-1")]
    [InlineData("matrix.org:80:80")]
    [InlineData("matrix org")]
    [InlineData("matrix_org")]
    [InlineData("mätrix.org")]
    [InlineData("matrix.org/")]
    [InlineData("matrix.org\n")]
    [InlineData("user@matrix.org")]
    [InlineData("[::1")]
    [InlineData("::1")]
    [InlineData("[]")]
    [InlineData("[::1]8448")]
    [InlineData("[::1%eth0]")]
    [InlineData("[::1%1]")]
    [InlineData("[[::1]]")]
    [InlineData("[[::1]:80]")]
    [InlineData("[::1/64]")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[matrix.org]")]
    [InlineData("a]b:80")]
    public void What_breaks_the_grammar_is_none(string text) => Assert.False(ServerName.TryParse(text, out _));

    [Fact]
    public void Case_matters() => Assert.NotEqual(ServerName.Parse("matrix.org"), ServerName.Parse("MATRIX.ORG"));

    [Fact]
    public void No_text_makes_it_throw_and_host_and_port_give_the_name_again() =>
        Gen.String[Gen.Char["[]:.%/1af- \0é"], 0, 24].Sample(text =>
        {
            if (ServerName.TryParse(text, out var name))
            {
                Assert.Equal(name.Port is null ? text : text[..text.LastIndexOf(':')], name.Host);
            }
        });
}
