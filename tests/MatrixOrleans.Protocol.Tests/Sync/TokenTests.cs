using CsCheck;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Protocol.Tests.Sync;

public sealed class TokenTests
{
    private static readonly Gen<long> Position = Gen.OneOf(Gen.Long[0, 1000], Gen.Long[0, long.MaxValue]);

    [Fact]
    public void A_sync_token_is_read_back_as_it_was_written() =>
        Gen.Select(Position, Position, Gen.UInt, Position).Sample((log, toDevice, epoch, version) =>
        {
            var token = new SyncToken(log, toDevice, epoch, version);
            Assert.True(SyncToken.TryParse(token.ToString(), out var read));
            Assert.Equal(token, read);
        });

    [Fact]
    public void A_room_token_is_read_back_as_it_was_written() =>
        Gen.Select(Gen.Long, Gen.Bool, Position).Sample((boundary, withLog, log) =>
        {
            var token = new RoomToken(boundary, withLog ? log : null);
            Assert.True(RoomToken.TryParse(token.ToString(), out var read));
            Assert.Equal(token, read);
        });

    [Fact]
    public void Tokens_are_short_and_need_no_escape_in_a_url()
    {
        Assert.Equal("s1_104242_17_3735928559_12", new SyncToken(104242, 17, 0xdeadbeef, 12).ToString());
        Assert.Equal("s1_104242_17_3735928559_12_9", new SyncToken(104242, 17, 0xdeadbeef, 12, 9).ToString());
        Assert.True(SyncToken.TryParse("s1_104242_17_3735928559_12_9", out var withPresence));
        Assert.Equal(9, withPresence.PresenceVersion);
        Assert.Equal("r1_-5", new RoomToken(-5).ToString());
        Assert.Equal("r1_7_104242", new RoomToken(7, 104242).ToString());
        var longest = new SyncToken(long.MaxValue, long.MaxValue, uint.MaxValue, long.MaxValue).ToString();
        Assert.Equal(longest, Uri.EscapeDataString(longest));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s1")]
    [InlineData("s1_1_2_3")]
    [InlineData("s1_1_2_3_4_0")]
    [InlineData("s1_1_2_3_4_5_6")]
    [InlineData("s1_1_2_3_4_")]
    [InlineData("s1_-1_2_3_4")]
    [InlineData("s1_-0_2_3_4")]
    [InlineData("s1_01_2_3_4")]
    [InlineData("s1_+1_2_3_4")]
    [InlineData("s1_ 1_2_3_4")]
    [InlineData("s1__2_3_4")]
    [InlineData("s1_1_2_4294967296_4")]
    [InlineData("s1_9223372036854775808_2_3_4")]
    [InlineData("s2_1_2_3_4")]
    [InlineData("S1_1_2_3_4")]
    [InlineData("s1_1_2_3_٤")]
    [InlineData("r1_5")]
    public void What_is_no_sync_token_is_refused(string? text) => Assert.False(SyncToken.TryParse(text, out _));

    [Theory]
    [InlineData(null)]
    [InlineData("r1_")]
    [InlineData("r1_-")]
    [InlineData("r1_--1")]
    [InlineData("r1_1_-1")]
    [InlineData("r1_1_1_1")]
    [InlineData("r1_-9223372036854775809")]
    [InlineData("s1_1_2_3_4")]
    public void What_is_no_room_token_is_refused(string? text) => Assert.False(RoomToken.TryParse(text, out _));

    [Fact]
    public void No_text_makes_a_parser_throw_and_every_token_has_one_spelling() =>
        Gen.String[Gen.Char["rs1_-+0123456789 \0é"], 0, 60].Sample(text =>
        {
            if (SyncToken.TryParse(text, out var sync))
            {
                Assert.Equal(text, sync.ToString());
            }

            if (RoomToken.TryParse(text, out var room))
            {
                Assert.Equal(text, room.ToString());
            }
        });

    [Fact]
    public void A_boundary_lies_between_two_events()
    {
        Assert.True(RoomToken.After(-3).IsAfter(-3));
        Assert.False(RoomToken.After(-3).IsAfter(-2));
        Assert.False(RoomToken.Before(5).IsAfter(5));
        Assert.Equal(RoomToken.After(4), RoomToken.Before(5));
    }

    [Fact]
    public void Pages_take_room_tokens_and_sync_tokens_and_refuse_the_rest()
    {
        Assert.Equal(new RoomToken(-9), PageToken.FromRequest("r1_-9").Room);
        Assert.Null(PageToken.FromRequest("r1_-9").Sync);
        Assert.Equal(new SyncToken(1, 2, 3, 4), PageToken.FromRequest("s1_1_2_3_4").Sync);
        Assert.Equal("s1_1_2_3_4", PageToken.FromRequest("s1_1_2_3_4").ToString());
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => PageToken.FromRequest("t42")).Code);
    }
}
