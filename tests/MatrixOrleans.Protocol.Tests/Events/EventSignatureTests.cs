using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Events;

public sealed class EventSignatureTests
{
    private const string Hash = "OpTyeoEQHJPzIg0JmBqWnnPW0u0bMaoKmfSe8VJgk4A";

    public static TheoryData<string> Versions => [.. RoomVersions.All.Select(v => v.Id)];

    private static VerifyKey Public()
    {
        using var key = SampleEvents.Key();
        return VerifyKey.TryImport(key.PublicKey)!;
    }

    private static Pdu Make(RoomVersion version, string content = """{"body":"x"}""", string type = EventTypes.Message, string? stateKey = null) =>
        SampleEvents.Make(type, content, stateKey, version, room: version.RoomIdIsCreateHash ? RoomId.Parse("!" + Hash) : null);

    private static Pdu Changed(Pdu pdu, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(pdu.Json.Span)!;
        change(node);
        Assert.True(PduReader.TryRead(Encoding.UTF8.GetBytes(node.ToJsonString()), pdu.Version, out var read, out var fault), fault);
        return read;
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_we_build_others_can_read_and_verify(string id)
    {
        var version = RoomVersions.Get(id);
        var built = Make(version, """{"body":"é🚀","n":-5}""");
        Assert.True(PduReader.TryRead(built.Json, version, out var read, out var fault), fault);
        Assert.Equal(built.EventId, read.EventId);
        Assert.True(EventHash.ContentHashMatches(read));
        Assert.True(EventSignature.Verify(read, SampleEvents.Server, "ed25519:1", Public()));
        Assert.Equal(["ed25519:1"], EventSignature.KeyIds(read, SampleEvents.Server));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_redacted_event_keeps_its_id_and_its_signature_but_not_its_hash(string id)
    {
        var version = RoomVersions.Get(id);
        var built = Make(version);
        Assert.True(PduReader.TryRead(Redaction.Redact(built.Root, version), version, out var redacted, out var fault), fault);
        Assert.Equal(built.EventId, redacted.EventId);
        Assert.True(EventSignature.Verify(redacted, SampleEvents.Server, "ed25519:1", Public()));
        Assert.False(EventHash.ContentHashMatches(redacted));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void A_changed_event_fails_where_it_should(string id)
    {
        var built = Make(RoomVersions.Get(id));
        var content = Changed(built, e => e["content"]!["body"] = "y");
        Assert.True(EventSignature.Verify(content, SampleEvents.Server, "ed25519:1", Public()));
        Assert.False(EventHash.ContentHashMatches(content));
        var depth = Changed(built, e => e["depth"] = 8);
        Assert.False(EventSignature.Verify(depth, SampleEvents.Server, "ed25519:1", Public()));
        var unsigned = Changed(built, e => e["unsigned"] = new JsonObject { ["age_ts"] = 1 });
        Assert.True(EventSignature.Verify(unsigned, SampleEvents.Server, "ed25519:1", Public()));
        Assert.True(EventHash.ContentHashMatches(unsigned));
        Assert.Equal(built.EventId, unsigned.EventId);
    }

    [Fact]
    public void Another_server_another_key_or_no_signature_is_not_verified()
    {
        var pdu = Make(RoomVersions.V11);
        Assert.False(EventSignature.Verify(pdu, ServerName.Parse("other"), "ed25519:1", Public()));
        Assert.False(EventSignature.Verify(pdu, SampleEvents.Server, "ed25519:2", Public()));
        using var other = SigningKey.FromSeed("ed25519:1", new byte[32]);
        Assert.False(EventSignature.Verify(pdu, SampleEvents.Server, "ed25519:1", VerifyKey.TryImport(other.PublicKey)!));
        var bare = Changed(pdu, e => e["signatures"] = new JsonObject());
        Assert.False(EventSignature.Verify(bare, SampleEvents.Server, "ed25519:1", Public()));
        Assert.Empty(EventSignature.KeyIds(bare, SampleEvents.Server));
    }

    [Fact]
    public void A_second_signature_stands_beside_the_first()
    {
        var pdu = Make(RoomVersions.V11);
        using var key = SigningKey.FromSeed("ed25519:b", new byte[32]);
        var other = ServerName.Parse("other");
        var signed = EventSignature.Sign(pdu, other, key);
        Assert.Equal(pdu.EventId, signed.EventId);
        Assert.True(EventSignature.Verify(signed, other, "ed25519:b", VerifyKey.TryImport(key.PublicKey)!));
        Assert.True(EventSignature.Verify(signed, SampleEvents.Server, "ed25519:1", Public()));
        Assert.True(PduReader.TryRead(signed.Json, pdu.Version, out var read, out _));
        Assert.Equal(pdu.EventId, read.EventId);
        Assert.True(EventHash.ContentHashMatches(read));
    }

    [Fact]
    public void The_senders_server_signs_and_in_old_rooms_the_one_that_chose_the_id()
    {
        Assert.Equal(["domain"], EventSignature.RequiredServers(Make(RoomVersions.V11)).Select(s => s.Value));
        var old = Make(RoomVersions.V1);
        Assert.Equal(["domain"], EventSignature.RequiredServers(old).Select(s => s.Value));
        var elsewhere = Changed(old, e => e["event_id"] = "$x:elsewhere:80");
        Assert.Equal(["domain", "elsewhere:80"], EventSignature.RequiredServers(elsewhere).Select(s => s.Value));
    }

    [Fact]
    public void The_inviter_need_not_sign_an_invite_of_a_third_party()
    {
        const string Content = """{"membership":"invite","third_party_invite":{"signed":{}}}""";
        Assert.Empty(EventSignature.RequiredServers(Make(RoomVersions.V11, Content, EventTypes.Member, "@bob:other")));
        Assert.Single(EventSignature.RequiredServers(Make(RoomVersions.V11, Content, "m.other", "@bob:other")));
    }

    [Fact]
    public void The_authorising_server_signs_a_restricted_join_since_version_8()
    {
        const string Content = """{"membership":"join","join_authorised_via_users_server":"@admin:resident"}""";
        Assert.Equal(["domain", "resident"], EventSignature.RequiredServers(Make(RoomVersions.V8, Content, EventTypes.Member, "@alice:domain")).Select(s => s.Value));
        Assert.Equal(["domain"], EventSignature.RequiredServers(Make(RoomVersions.V7, Content, EventTypes.Member, "@alice:domain")).Select(s => s.Value));
    }

    [Fact]
    public void Version_12_names_the_room_after_its_create_event()
    {
        var create = SampleEvents.Make(EventTypes.Create, """{"room_version":"12"}""", "", RoomVersions.V12);
        Assert.False(create.Root.TryGetProperty("room_id", out _));
        Assert.Equal("!" + create.EventId.Value[1..], create.RoomId.Value);
        Assert.True(PduReader.TryRead(create.Json, RoomVersions.V12, out var read, out _));
        Assert.Equal(create.RoomId, read.RoomId);
    }

    [Fact]
    public void Too_large_events_and_broken_content_are_not_built()
    {
        Assert.Equal(MatrixError.TooLarge, Assert.Throws<MatrixException>(() => Make(RoomVersions.V11, $$"""{"body":"{{new string('a', 65_536)}}"}""")).Code);
        Assert.Equal(MatrixError.TooLarge, Assert.Throws<MatrixException>(() => Make(RoomVersions.V11, type: new string('a', 256))).Code);
        Assert.Equal(MatrixError.TooLarge, Assert.Throws<MatrixException>(() => Make(RoomVersions.V11, stateKey: new string('é', 128))).Code);
        Assert.Throws<FormatException>(() => Make(RoomVersions.V11, """{"a":1.5}"""));
        Assert.Throws<FormatException>(() => Make(RoomVersions.V11, """{"a":9007199254740992}"""));
        Assert.Throws<FormatException>(() => Make(RoomVersions.V11, """{"a":1,"a":2}"""));
        Assert.NotNull(Make(RoomVersions.V5, """{"a":1.5}"""));
    }

    [Fact]
    public void Built_events_say_no_more_than_their_format_has()
    {
        var names = Make(RoomVersions.V11).Root.EnumerateObject().Select(m => m.Name);
        Assert.Equal(
            ["auth_events", "content", "depth", "hashes", "origin_server_ts", "prev_events", "room_id", "sender", "signatures", "type"],
            names.Order(StringComparer.Ordinal));
        var old = SampleEvents.Make(EventTypes.Redaction, """{"redacts":"$no:no"}""", version: RoomVersions.V10, redacts: EventId.Parse("$" + Hash));
        Assert.Equal("$" + Hash, old.Root.GetProperty("redacts").GetString());
        var recent = SampleEvents.Make(EventTypes.Redaction, """{"redacts":"$no:no","reason":"r"}""", version: RoomVersions.V11, redacts: EventId.Parse("$" + Hash));
        Assert.False(recent.Root.TryGetProperty("redacts", out _));
        Assert.Equal("$" + Hash, recent.ContentString("redacts"));
        Assert.Equal("r", recent.ContentString("reason"));
        Assert.Equal(old.Redacts, recent.Redacts);
    }

    [Fact]
    public void Old_rooms_refer_with_a_hash()
    {
        var first = Make(RoomVersions.V2);
        using var key = SampleEvents.Key();
        var template = new EventTemplate
        {
            RoomId = SampleEvents.Room,
            Type = "x",
            StateKey = null,
            Sender = SampleEvents.Alice,
            Content = "{}"u8.ToArray(),
            OriginServerTs = 1,
            Depth = 2,
            PrevEvents = [new EventReference(first.EventId, EventBuilder.ReferenceHash(first))],
            AuthEvents = [new EventReference(first.EventId, EventBuilder.ReferenceHash(first))],
        };
        var second = EventBuilder.Build(template, RoomVersions.V2, SampleEvents.Server, key, EventId.Parse("$second:domain"));
        Assert.Equal([first.EventId], second.PrevEvents);
        Assert.Equal(
            UnpaddedBase64.Encode(EventBuilder.ReferenceHash(first)),
            second.Root.GetProperty("prev_events")[0][1].GetProperty("sha256").GetString());
        Assert.True(PduReader.TryRead(second.Json, RoomVersions.V2, out _, out _));
    }
}
