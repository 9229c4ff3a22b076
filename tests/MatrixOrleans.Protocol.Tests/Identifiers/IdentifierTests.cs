using CsCheck;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Tests.Identifiers;

public sealed class IdentifierTests
{
    private const string Hash = "OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A";

    [Theory]
    [InlineData("@alice:example.org")]
    [InlineData("@:example.org")]
    [InlineData("@Alice Ü*:example.org")]
    [InlineData("@🚀\u0001:example.org:8448")]
    [InlineData("@a:[::1]:8448")]
    [InlineData("@@!$#:h")]
    public void Historical_users_are_users(string text)
    {
        var user = UserId.Parse(text);
        Assert.Equal(text, "@" + user.Localpart + ":" + user.ServerName);
        Assert.Equal(user.ServerName.Value, user.ServerNameSpan.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@alice")]
    [InlineData("@alice:")]
    [InlineData("alice:example.org")]
    [InlineData("#alice:example.org")]
    [InlineData("@al\0ice:example.org")]
    [InlineData("@alice:exa mple.org")]
    [InlineData("@alice:b:c:d")]
    public void What_breaks_the_grammar_is_no_user(string? text) => Assert.False(UserId.TryParse(text, out _));

    /// <summary>Apart from the others: attribute arguments cannot hold half a pair.</summary>
    [Fact]
    public void Half_a_surrogate_pair_is_no_character()
    {
        Assert.False(UserId.TryParse("@a" + '\ud83d' + ":example.org", out _));
        Assert.False(UserId.TryParse("@a" + '\ude80' + ":example.org", out _));
        Assert.False(UserId.TryParse("@a" + '\ude80' + '\ud83d' + ":example.org", out _));
        Assert.False(RoomAlias.TryParse("#a" + '\ud83d' + ":example.org", out _));
    }

    [Fact]
    public void The_longest_identifier_has_255_bytes_not_characters()
    {
        Assert.True(UserId.TryParse("@" + new string('a', 252) + ":b", out _));
        Assert.False(UserId.TryParse("@" + new string('a', 253) + ":b", out _));
        Assert.True(UserId.TryParse("@" + new string('é', 126) + ":b", out _));
        Assert.False(UserId.TryParse("@" + new string('é', 127) + ":b", out _));
        Assert.True(EventId.TryParse("$" + new string('a', 252) + ":b", out _));
        Assert.False(RoomId.TryParse("!" + new string('a', 253) + ":b", out _));
    }

    [Theory]
    [InlineData("alice", true)]
    [InlineData("a-z0_9.=/+", true)]
    [InlineData("", false)]
    [InlineData("Alice", false)]
    [InlineData("al ice", false)]
    [InlineData("älice", false)]
    [InlineData("a:b", false)]
    public void New_accounts_follow_the_strict_grammar(string localpart, bool compliant) =>
        Assert.Equal(compliant, UserId.IsCompliantLocalpart(localpart));

    [Fact]
    public void A_room_has_a_domain_or_is_the_hash_of_its_create_event()
    {
        Assert.Equal("example.org", RoomId.Parse("!a/b c:example.org").ServerName!.Value.Value);
        var room = RoomId.Parse("!" + Hash);
        Assert.Null(room.ServerName);
        Assert.Equal("$" + Hash, room.CreateEvent().Value);
        Assert.Equal(room, RoomId.OfCreateEvent(room.CreateEvent()));
    }

    [Theory]
    [InlineData("!room")]
    [InlineData("!OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4")]
    [InlineData("!OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4AA")]
    [InlineData("!OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4+")]
    [InlineData("!OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4=")]
    [InlineData("$room:example.org")]
    public void What_breaks_the_grammar_is_no_room(string text) => Assert.False(RoomId.TryParse(text, out _));

    [Theory]
    [InlineData("$chosen:example.org", true)]
    [InlineData("$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A", true)]
    [InlineData("$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJg-_A", true)]
    [InlineData("$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJg+/A", true)]
    [InlineData("$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJg+_A", false)]
    [InlineData("$chosen", false)]
    [InlineData("chosen:example.org", false)]
    public void An_event_has_a_domain_or_is_a_hash_in_one_of_two_alphabets(string text, bool valid) =>
        Assert.Equal(valid, EventId.TryParse(text, out _));

    [Fact]
    public void Requests_with_bad_identifiers_are_refused()
    {
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => UserId.FromRequest("x")).Code);
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => RoomId.FromRequest(null)).Code);
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => EventId.FromRequest("x")).Code);
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => RoomAlias.FromRequest("x")).Code);
        Assert.Throws<FormatException>(() => UserId.Parse("x"));
    }

    [Fact]
    public void Absent_identifiers_are_empty_texts_and_never_throw()
    {
        Assert.Equal("", default(UserId).ToString());
        Assert.Equal("", default(RoomId).ToString());
        Assert.Equal("", default(EventId).ToString());
        Assert.Equal("", default(ServerName).ToString());
    }

    [Fact]
    public void Order_is_ordinal()
    {
        Assert.True(UserId.Parse("@B:x").CompareTo(UserId.Parse("@a:x")) < 0);
        Assert.True(new StateKey("a", "z").CompareTo(new StateKey("b", "")) < 0);
        Assert.True(new StateKey("a", "").CompareTo(new StateKey("a", "A")) < 0);
    }

    [Fact]
    public void No_text_makes_a_parser_throw() =>
        Gen.String[Gen.Char["@!#$:.[]a1\0é\ud83d\ude80 "], 0, 50].Sample(text =>
        {
            UserId.TryParse(text, out _);
            RoomId.TryParse(text, out _);
            EventId.TryParse(text, out _);
            RoomAlias.TryParse(text, out _);
            if (UserId.TryParse("@" + text, out var user))
            {
                Assert.Equal("@" + text, "@" + user.Localpart + ":" + user.ServerName);
            }
        });
}
