using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Events;

public sealed class ClientEventTests
{
    private static readonly EventId Target = EventId.Parse("$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A");

    private static JsonElement Read(byte[] json) =>
        JsonElement.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_message_shows_the_client_format_and_nothing_of_the_federation_format()
    {
        var pdu = SampleEvents.Make(EventTypes.Message, """{"body":"héllo 🚀","n":{"a":[1,2]}}""");
        var read = Read(ClientEvent.ToBytes(pdu));
        Assert.Equal(["content", "event_id", "origin_server_ts", "room_id", "sender", "type"], Names(read));
        Assert.Equal(pdu.EventId.Value, read.GetProperty("event_id").GetString());
        Assert.Equal("!room:domain", read.GetProperty("room_id").GetString());
        Assert.Equal("héllo 🚀", read.GetProperty("content").GetProperty("body").GetString());
        Assert.Equal(1_700_000_000_000, read.GetProperty("origin_server_ts").GetInt64());
    }

    [Fact]
    public void Sync_leaves_the_room_id_out_and_an_empty_state_key_stays()
    {
        var pdu = SampleEvents.Make(EventTypes.Topic, """{"topic":"t"}""", stateKey: "");
        var read = Read(ClientEvent.ToBytes(pdu, withRoomId: false));
        Assert.Equal(["content", "event_id", "origin_server_ts", "sender", "state_key", "type"], Names(read));
        Assert.Equal("", read.GetProperty("state_key").GetString());
    }

    [Fact]
    public void A_create_event_of_version_12_tells_clients_its_room()
    {
        var pdu = SampleEvents.Make(EventTypes.Create, """{"room_version":"12"}""", stateKey: "", version: RoomVersions.V12);
        Assert.Equal("!" + pdu.EventId.Value[1..], Read(ClientEvent.ToBytes(pdu)).GetProperty("room_id").GetString());
    }

    [Theory]
    [InlineData("2")]
    [InlineData("10")]
    [InlineData("11")]
    [InlineData("12")]
    public void A_redaction_names_its_target_in_both_places_in_every_room_version(string version)
    {
        var room = version == "12" ? RoomId.Parse("!" + Target.Value[1..]) : (RoomId?)null;
        var pdu = SampleEvents.Make(EventTypes.Redaction, """{"reason":"spam"}""", version: RoomVersions.Get(version), redacts: Target, room: room);
        var read = Read(ClientEvent.ToBytes(pdu));
        Assert.Equal(Target.Value, read.GetProperty("redacts").GetString());
        Assert.Equal(Target.Value, read.GetProperty("content").GetProperty("redacts").GetString());
        Assert.Equal("spam", read.GetProperty("content").GetProperty("reason").GetString());
    }

    [Fact]
    public void A_false_target_in_the_content_of_an_old_redaction_gives_way_to_the_real_one()
    {
        var pdu = SampleEvents.Make(EventTypes.Redaction, """{"redacts":"$other:domain"}""", version: RoomVersions.V10, redacts: Target);
        Assert.Equal(Target.Value, Read(ClientEvent.ToBytes(pdu)).GetProperty("content").GetProperty("redacts").GetString());
    }

    [Fact]
    public void Shared_bytes_are_completed_for_each_reader()
    {
        var pdu = SampleEvents.Make(EventTypes.Topic, """{"topic":"t"}""", stateKey: "");
        var shared = ClientEvent.SharedBytes(pdu);
        var output = new ByteBuffer(16);
        ClientEvent.Complete(
            shared,
            pdu.RoomId,
            new ClientUnsigned
            {
                AgeMs = -5,
                TransactionId = "a\"b",
                Membership = Membership.Join,
                PrevContent = Encoding.UTF8.GetBytes("""{"topic":"old"}"""),
                ReplacesState = Target,
                RedactedBecause = Encoding.UTF8.GetBytes("""{"type":"m.room.redaction"}"""),
                Relations = Encoding.UTF8.GetBytes("""{"m.thread":{"count":1}}"""),
                InviteRoomState = Encoding.UTF8.GetBytes("[]"),
                KnockRoomState = Encoding.UTF8.GetBytes("[]"),
            },
            output);
        var unsigned = Read(output.WrittenSpan.ToArray()).GetProperty("unsigned");
        Assert.Equal(
            """{"age":-5,"transaction_id":"a\"b","membership":"join","replaces_state":"$OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A","prev_content":{"topic":"old"},"redacted_because":{"type":"m.room.redaction"},"m.relations":{"m.thread":{"count":1}},"invite_room_state":[],"knock_room_state":[]}""",
            unsigned.GetRawText());

        output.Truncate(0);
        ClientEvent.Complete(shared, null, new ClientUnsigned(), output);
        Assert.False(Read(output.WrittenSpan.ToArray()).TryGetProperty("unsigned", out _));
        Assert.Equal(ClientEvent.ToBytes(pdu, withRoomId: false), output.WrittenSpan.ToArray());
    }

    [Fact]
    public void An_event_goes_into_the_middle_of_a_written_answer()
    {
        var pdu = SampleEvents.Message("x");
        var output = new ByteBuffer(16);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartArray();
        ClientEvent.Complete(ClientEvent.SharedBytes(pdu), null, null, writer);
        ClientEvent.Complete(ClientEvent.SharedBytes(pdu), null, new ClientUnsigned { AgeMs = 1 }, writer);
        writer.WriteEndArray();
        writer.Flush();
        Assert.Equal(2, Read(output.WrittenSpan.ToArray()).GetArrayLength());
    }

    [Fact]
    public void An_event_id_that_a_sender_chose_cannot_break_the_answer()
    {
        var pdu = SampleEvents.Make(EventTypes.Message, "{}", version: RoomVersions.V1);
        var hostile = PduReader.ReadStored(pdu.Json, RoomVersions.V1, EventId.Parse("$a\"},{\n:domain"));
        Assert.Equal("$a\"},{\n:domain", Read(ClientEvent.ToBytes(hostile)).GetProperty("event_id").GetString());
    }

    [Fact]
    public void Stripped_state_has_four_members()
    {
        var pdu = SampleEvents.Make(EventTypes.Name, """{"name":"n"}""", stateKey: "");
        var output = new ByteBuffer(16);
        StrippedState.Write(pdu, output);
        Assert.Equal("""{"type":"m.room.name","state_key":"","sender":"@alice:domain","content":{"name":"n"}}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"type":"a","state_key":"","sender":"@a:b"}""")]
    [InlineData("""{"type":"a","state_key":"","sender":"nobody","content":{}}""")]
    [InlineData("""{"type":"a","sender":"@a:b","content":{}}""")]
    [InlineData("""{"type":1,"state_key":"","sender":"@a:b","content":{}}""")]
    [InlineData("""{"type":"a","state_key":"","sender":"@a:b","content":[]}""")]
    public void Stripped_state_that_no_client_could_take_is_dropped(string json)
    {
        var output = new ByteBuffer(16);
        Assert.False(StrippedState.TryWrite(JsonElement.Parse(json), output));
        Assert.Equal(0, output.Length);
    }
}
