using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Tests.Json;

namespace MatrixOrleans.Protocol.Tests.Events;

public sealed class PduReaderTests
{
    private const string Hash = "OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A";

    private static JsonNode Sample(RoomVersion version)
    {
        var room = version.RoomIdIsCreateHash ? "!" + Hash : "!room:domain";
        var node = JsonNode.Parse($$$"""
            {"type":"m.room.message","room_id":"{{{room}}}","sender":"@alice:domain","content":{"body":"x"},"origin_server_ts":5,"depth":3,
             "prev_events":[],"auth_events":[],"hashes":{"sha256":"AAAA"},"signatures":{"domain":{}},"unsigned":{"age":1}}
            """)!;
        if (version.EventIds == EventIdFormat.Chosen)
        {
            node["event_id"] = "$chosen:domain";
        }

        return node;
    }

    private static string? Fault(JsonNode node, RoomVersion version) => Fault(node.ToJsonString(), version);

    private static string? Fault(string json, RoomVersion version) => PduReader.TryRead(Encoding.UTF8.GetBytes(json), version, out _, out var fault) ? null : fault;

    private static string? FaultWith(Action<JsonNode> change, RoomVersion? version = null)
    {
        version ??= RoomVersions.V11;
        var node = Sample(version);
        change(node);
        return Fault(node, version);
    }

    public static TheoryData<string> Versions => [.. RoomVersions.All.Select(v => v.Id)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_sound_event_is_read_in_every_room_version(string id)
    {
        var version = RoomVersions.Get(id);
        var json = Encoding.UTF8.GetBytes(Sample(version).ToJsonString());
        Assert.True(PduReader.TryRead(json, version, out var pdu, out var fault), fault);
        Assert.Equal(EventTypes.Message, pdu.Type);
        Assert.Equal(SampleEvents.Alice, pdu.Sender);
        Assert.Equal((5, 3, false), (pdu.OriginServerTs, pdu.Depth, pdu.IsState));
        Assert.Null(pdu.Key);
        Assert.Null(pdu.Redacts);
        Assert.Equal(version.EventIds == EventIdFormat.Chosen, pdu.EventId.Value == "$chosen:domain");
        Assert.Equal("""{"body":"x"}""", Encoding.UTF8.GetString(pdu.ContentUtf8));
        Assert.Equal(json, pdu.Json.ToArray());
        Assert.Equal(pdu.EventId, PduReader.ReadStored(json, version, pdu.EventId).EventId);
    }

    [Fact]
    public void Version_3_ids_have_another_alphabet_than_version_4()
    {
        var versions = Enumerable.Range(0, 40).Select(i =>
        {
            var node = Sample(RoomVersions.V4);
            node["depth"] = i;
            var json = Encoding.UTF8.GetBytes(node.ToJsonString());
            Assert.True(PduReader.TryRead(json, RoomVersions.V3, out var third, out _));
            Assert.True(PduReader.TryRead(json, RoomVersions.V4, out var fourth, out _));
            Assert.Equal(third.EventId.Value.Replace('+', '-').Replace('/', '_'), fourth.EventId.Value);
            return third.EventId.Value != fourth.EventId.Value;
        });
        Assert.Contains(true, versions);
    }

    [Theory]
    [InlineData("type")]
    [InlineData("room_id")]
    [InlineData("sender")]
    [InlineData("content")]
    [InlineData("origin_server_ts")]
    [InlineData("depth")]
    [InlineData("prev_events")]
    [InlineData("auth_events")]
    [InlineData("hashes")]
    [InlineData("signatures")]
    public void What_an_event_needs_must_be_there_and_of_its_type(string name)
    {
        Assert.NotNull(FaultWith(e => e.AsObject().Remove(name)));
        foreach (var wrong in new[] { "null", "true", "\"\\u0000\"", "[1]", "{\"a\":[]}" })
        {
            var fits = (name, wrong) is ("type", "\"\\u0000\"") or ("content" or "signatures", "{\"a\":[]}");
            Assert.Equal(fits, FaultWith(e => e[name] = JsonNode.Parse(wrong)) is null);
        }
    }

    [Fact]
    public void Optional_members_are_of_their_type_too()
    {
        Assert.NotNull(FaultWith(e => e["state_key"] = 1));
        Assert.NotNull(FaultWith(e => e["state_key"] = null));
        Assert.NotNull(FaultWith(e => e["unsigned"] = "x"));
        Assert.NotNull(FaultWith(e => e["hashes"] = new JsonObject { ["sha256"] = 1 }));
        Assert.Null(FaultWith(e => e.AsObject().Remove("unsigned")));
        Assert.Null(FaultWith(e => e["something"] = "else"));
    }

    [Fact]
    public void Numbers_are_integers_and_depth_is_not_negative()
    {
        Assert.NotNull(FaultWith(e => e["depth"] = -1));
        Assert.Null(FaultWith(e => e["depth"] = 0));
        Assert.NotNull(FaultWith(e => e["depth"] = 1.5));
        Assert.NotNull(FaultWith(e => e["depth"] = 9007199254740992));
        Assert.Null(FaultWith(e => e["depth"] = long.MaxValue, RoomVersions.V5));
        Assert.NotNull(FaultWith(e => e["depth"] = JsonNode.Parse("9223372036854775808"), RoomVersions.V5));
        Assert.NotNull(FaultWith(e => e["origin_server_ts"] = "5"));
        Assert.NotNull(FaultWith(e => e["content"] = JsonNode.Parse("""{"a":1.5}""")));
        Assert.Null(FaultWith(e => e["content"] = JsonNode.Parse("""{"a":1.5}"""), RoomVersions.V5));
    }

    [Fact]
    public void Sizes_have_limits()
    {
        Assert.Null(FaultWith(e => e["type"] = new string('a', 255)));
        Assert.NotNull(FaultWith(e => e["type"] = new string('a', 256)));
        Assert.Null(FaultWith(e => e["state_key"] = new string('é', 127)));
        Assert.NotNull(FaultWith(e => e["state_key"] = new string('é', 128)));
        Assert.NotNull(FaultWith(e => e["content"] = new JsonObject { ["body"] = new string('a', 65_536) }));
        var json = Sample(RoomVersions.V11).ToJsonString();
        var fill = new string('a', PduReader.BytesMax - json.Length);
        Assert.Null(Fault(json.Replace("\"x\"", $"\"x{fill}\"", StringComparison.Ordinal), RoomVersions.V11));
        Assert.NotNull(Fault(json.Replace("\"x\"", $"\"xa{fill}\"", StringComparison.Ordinal), RoomVersions.V11));
        Assert.Null(Fault(new string(' ', PduReader.BytesMax) + json, RoomVersions.V11));
        Assert.NotNull(Fault(new string(' ', PduReader.RawBytesMax) + json, RoomVersions.V11));
    }

    [Fact]
    public void References_are_bounded_and_are_event_ids()
    {
        static JsonArray Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => (JsonNode)("$" + Hash))];
        Assert.Null(FaultWith(e => e["prev_events"] = Ids(20)));
        Assert.NotNull(FaultWith(e => e["prev_events"] = Ids(21)));
        Assert.Null(FaultWith(e => e["auth_events"] = Ids(10)));
        Assert.NotNull(FaultWith(e => e["auth_events"] = Ids(11)));
        Assert.NotNull(FaultWith(e => e["prev_events"] = new JsonArray("x")));
        Assert.NotNull(FaultWith(e => e["prev_events"] = new JsonArray(1)));
        Assert.NotNull(FaultWith(e => e["prev_events"] = Ids(1), RoomVersions.V2));
        Assert.Null(FaultWith(e => e["prev_events"] = JsonNode.Parse("""[["$a:b",{"sha256":"x"}]]"""), RoomVersions.V2));
        Assert.NotNull(FaultWith(e => e["prev_events"] = JsonNode.Parse("""[["$a:b"]]"""), RoomVersions.V2));
        Assert.NotNull(FaultWith(e => e["prev_events"] = JsonNode.Parse("""[["$a:b",{"sha256":"x"}]]""")));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"type\":\"a\",\"type\":\"a\"}")]
    public void What_is_no_object_is_no_event(string json) => Assert.NotNull(Fault(json, RoomVersions.V11));

    [Fact]
    public void Keys_that_stand_twice_are_refused_wherever_they_are()
    {
        var json = Sample(RoomVersions.V5).ToJsonString();
        Assert.NotNull(Fault(json.Replace("\"body\":\"x\"", "\"body\":\"x\",\"\\u0062ody\":\"y\"", StringComparison.Ordinal), RoomVersions.V5));
        Assert.NotNull(Fault(json.Replace("\"age\":1", "\"age\":1,\"age\":1", StringComparison.Ordinal), RoomVersions.V5));
    }

    [Fact]
    public void Nesting_and_bad_unicode_are_refused()
    {
        var json = Sample(RoomVersions.V11).ToJsonString();
        Assert.NotNull(Fault(json.Replace("\"x\"", new string('[', 200) + new string(']', 200), StringComparison.Ordinal), RoomVersions.V11));
        Assert.NotNull(Fault(json.Replace("\"x\"", "\"\\ud800\"", StringComparison.Ordinal), RoomVersions.V11));
        Assert.NotNull(Fault(json.Replace("\"x\"", "{\"\\ud800\":1}", StringComparison.Ordinal), RoomVersions.V11));
    }

    [Fact]
    public void A_room_of_version_12_has_no_id_in_its_create_event_alone()
    {
        static void AsCreate(JsonNode e)
        {
            e["type"] = EventTypes.Create;
            e["state_key"] = "";
            e.AsObject().Remove("room_id");
        }

        Assert.Null(FaultWith(AsCreate, RoomVersions.V12));
        Assert.NotNull(FaultWith(AsCreate, RoomVersions.V11));
        Assert.NotNull(FaultWith(e => e.AsObject().Remove("room_id"), RoomVersions.V12));
        Assert.NotNull(FaultWith(
            e =>
            {
                AsCreate(e);
                e["state_key"] = "x";
            },
            RoomVersions.V12));
    }

    [Fact]
    public void A_redaction_names_its_target_where_the_room_version_has_it()
    {
        static Pdu Read(RoomVersion version, string? outside, string? inside)
        {
            var node = Sample(version);
            node["type"] = EventTypes.Redaction;
            if (outside is not null)
            {
                node["redacts"] = outside;
            }

            if (inside is not null)
            {
                node["content"]!["redacts"] = inside;
            }

            Assert.True(PduReader.TryRead(Encoding.UTF8.GetBytes(node.ToJsonString()), version, out var pdu, out var fault), fault);
            return pdu;
        }

        Assert.Equal("$a:b", Read(RoomVersions.V10, "$a:b", "$c:d").Redacts!.Value.Value);
        Assert.Equal("$c:d", Read(RoomVersions.V11, "$a:b", "$c:d").Redacts!.Value.Value);
        Assert.Null(Read(RoomVersions.V10, null, "$c:d").Redacts);
        Assert.Null(Read(RoomVersions.V11, "$a:b", "nonsense").Redacts);
    }

    [Fact]
    public void Damaged_storage_is_told_as_such() =>
        Assert.Throws<InvalidDataException>(() => PduReader.ReadStored("{}"u8.ToArray(), RoomVersions.V11, EventId.Parse("$" + Hash)));

    [Fact]
    public void Whatever_a_stranger_puts_anywhere_the_reader_answers_and_never_throws() =>
        Gen.Select(Gen.Int[0, 11], JsonGen.Value, Gen.Int[0, RoomVersions.All.Count - 1]).Sample((place, junk, version) =>
        {
            var node = Sample(RoomVersions.All[version]).AsObject();
            var json = "{" + string.Join(',', node.Select((m, i) => $"\"{m.Key}\":{(i == place ? junk : m.Value!.ToJsonString())}")) + "}";
            if (PduReader.TryRead(Encoding.UTF8.GetBytes(json), RoomVersions.All[version], out var pdu, out _))
            {
                // What was read can be worked with.
                Assert.NotEmpty(ClientEvent.ToBytes(pdu));
                Redaction.Redact(pdu.Root, pdu.Version);
                EventHash.ContentHashMatches(pdu);
                EventSignature.RequiredServers(pdu);
            }
        });

    [Fact]
    public void Cut_and_garbled_events_never_make_the_reader_throw() =>
        Gen.Select(Gen.Int[0, 300], Gen.Byte, Gen.Bool).Sample((at, value, cut) =>
        {
            var bytes = Encoding.UTF8.GetBytes(Sample(RoomVersions.V11).ToJsonString());
            at %= bytes.Length;
            bytes[at] = value;
            PduReader.TryRead(cut ? bytes[..at] : bytes, RoomVersions.V11, out _, out _);
        });
}
