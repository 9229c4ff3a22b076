using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Tests.Text;

public sealed class PropertyPathTests
{
    [Theory]
    [InlineData("content.body", "content|body")]
    [InlineData(@"content.m\.relates_to", "content|m.relates_to")]
    [InlineData(@"content.m\\foo", @"content|m\foo")]
    [InlineData(@"content.\x", @"content|\x")]
    [InlineData(@"a\", @"a\")]
    [InlineData(@"a\\.b", @"a\|b")]
    [InlineData("", "")]
    [InlineData("a..b.", "a||b|")]
    public void Dots_part_names_and_escapes_keep_them_together(string path, string names) =>
        Assert.Equal(names.Split('|'), PropertyPath.Parse(path).Names);

    [Fact]
    public void Following_finds_the_member_or_says_that_it_is_missing()
    {
        var root = JsonElement.Parse("""{"content":{"m.relates_to":{"rel_type":"m.thread"},"list":[{"a":1}]}}""");
        Assert.True(PropertyPath.Parse(@"content.m\.relates_to.rel_type").TryFollow(root, out var value));
        Assert.Equal("m.thread", value.GetString());
        Assert.False(PropertyPath.Parse("content.m.relates_to").TryFollow(root, out _));
        Assert.False(PropertyPath.Parse("content.list.a").TryFollow(root, out _));
        Assert.False(PropertyPath.Parse("content.list.0").TryFollow(root, out _));
    }

    [Fact]
    public void Escaped_names_come_back() =>
        Gen.String[Gen.Char[@".\ab"], 0, 8].Array[1, 4].Sample(names =>
        {
            var path = string.Join('.', names.Select(n => n.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(".", @"\.", StringComparison.Ordinal)));
            Assert.Equal(names, PropertyPath.Parse(path).Names);
        });
}
