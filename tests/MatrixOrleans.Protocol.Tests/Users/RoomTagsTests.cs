using System.Text;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Protocol.Tests.Users;

public class RoomTagsTests
{
    [Fact]
    public void The_first_tag_makes_the_content() =>
        Assert.Equal("""{"tags":{"m.favourite":{"order":0.1}}}""", Text(RoomTags.With(null, "m.favourite", Utf8("""{"order":0.1}"""))));

    [Fact]
    public void Setting_a_tag_again_replaces_it_and_keeps_the_others()
    {
        var content = Utf8("""{"tags":{"u.a":{"order":0.5},"u.b\"":{}}}""");
        Assert.Equal("""{"tags":{"u.b\"":{},"u.a":{"order":1}}}""", Text(RoomTags.With(content, "u.a", Utf8("""{"order":1}"""))));
    }

    [Fact]
    public void Removing_the_last_tag_leaves_an_empty_list() => Assert.Equal("""{"tags":{}}""", Text(RoomTags.With(Utf8("""{"tags":{"u.a":{}}}"""), "u.a", null)));

    [Theory]
    [InlineData("""{"order":2}""")]
    [InlineData("""{"order":"0.1"}""")]
    [InlineData("[]")]
    public void A_tag_with_a_bad_order_is_refused(string tag) =>
        Assert.Equal(MatrixError.BadJson, Assert.Throws<MatrixException>(() => RoomTags.With(null, "u.a", Utf8(tag))).Code);

    [Fact]
    public void The_name_of_a_tag_is_at_most_255_bytes() =>
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => RoomTags.With(null, "u." + new string('é', 127), Utf8("{}"))).Code);

    [Fact]
    public void Nobody_ignores_themselves_and_junk_ignores_nobody()
    {
        var self = UserId.Parse("@a:x");
        Assert.Equal([UserId.Parse("@b:x")], IgnoredUsers.Parse(Utf8("""{"ignored_users":{"@a:x":{},"@b:x":{},"nobody":{}}}"""), self));
        Assert.Empty(IgnoredUsers.Parse(Utf8("""{"ignored_users":["@b:x"]}"""), self));
        Assert.Empty(IgnoredUsers.Parse(null, self));
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
