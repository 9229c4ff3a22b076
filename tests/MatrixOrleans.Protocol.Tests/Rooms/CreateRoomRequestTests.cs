using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Creation;

namespace MatrixOrleans.Protocol.Tests.Rooms;

public sealed class CreateRoomRequestTests
{
    [Theory]
    [InlineData("""{"visibility":1}""")]
    [InlineData("""{"visibility":"secret"}""")]
    [InlineData("""{"preset":"chatty"}""")]
    [InlineData("""{"room_alias_name":{}}""")]
    [InlineData("""{"name":["a"]}""")]
    [InlineData("""{"topic":7}""")]
    [InlineData("""{"invite":"@bob:example.org"}""")]
    [InlineData("""{"invite":[1]}""")]
    [InlineData("""{"room_version":11}""")]
    [InlineData("""{"creation_content":"x"}""")]
    [InlineData("""{"initial_state":{}}""")]
    [InlineData("""{"initial_state":["m.room.name"]}""")]
    [InlineData("""{"initial_state":[{"content":{}}]}""")]
    [InlineData("""{"initial_state":[{"type":"m.room.name"}]}""")]
    [InlineData("""{"initial_state":[{"type":"m.room.name","content":[]}]}""")]
    [InlineData("""{"initial_state":[{"type":"m.room.name","state_key":1,"content":{}}]}""")]
    [InlineData("""{"is_direct":"yes"}""")]
    [InlineData("""{"power_level_content_override":[]}""")]
    public void A_member_of_the_wrong_type_is_bad_JSON(string body) => Assert.Equal(MatrixError.BadJson, Refusal(body));

    [Fact]
    public void A_user_id_that_is_none_is_an_invalid_parameter() => Assert.Equal(MatrixError.InvalidParam, Refusal("""{"invite":["bob"]}"""));

    [Fact]
    public void Invitations_through_identity_servers_are_refused() => Assert.Equal(
        MatrixError.ServerNotTrusted,
        Refusal("""{"invite_3pid":[{"id_server":"id.example.org","id_access_token":"t","medium":"email","address":"bob@example.org"}]}"""));

    [Fact]
    public void The_visibility_implies_the_preset()
    {
        Assert.Equal(RoomPreset.PrivateChat, Parse("{}").Preset);
        Assert.Equal(RoomPreset.PublicChat, Parse("""{"visibility":"public"}""").Preset);
        var both = Parse("""{"visibility":"public","preset":"trusted_private_chat"}""");
        Assert.Equal(RoomPreset.TrustedPrivateChat, both.Preset);
        Assert.True(both.IsPublic);
    }

    [Fact]
    public void Null_counts_as_missing()
    {
        var request = Parse("""{"name":null,"topic":null,"invite":null,"initial_state":null,"creation_content":null,"room_version":null,"is_direct":null}""");
        Assert.Null(request.Name);
        Assert.Empty(request.Invites);
        Assert.Empty(request.InitialState);
        Assert.False(request.IsDirect);
    }

    [Fact]
    public void Nobody_is_invited_twice() =>
        Assert.Equal([UserId.Parse("@bob:example.org")], Parse("""{"invite":["@bob:example.org","@bob:example.org"]}""").Invites);

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("the pub")]
    public void A_localpart_that_makes_no_alias_is_refused(string localpart)
    {
        var request = Parse("{}") with { AliasLocalpart = localpart };
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => request.Alias(ServerName.Parse("example.org"))).Code);
    }

    [Fact]
    public void The_alias_is_on_the_creators_server() =>
        Assert.Equal("#thepub:example.org", Parse("""{"room_alias_name":"thepub"}""").Alias(ServerName.Parse("example.org"))?.Value);

    private static CreateRoomRequest Parse(string body) => CreateRoomRequest.Parse(JsonElement.Parse(body));

    private static MatrixError Refusal(string body) => Assert.Throws<MatrixException>(() => Parse(body)).Code;
}
