using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Redactions, by their own operation and by /send, in every room version.</summary>
public abstract class RedactionTests(SharedServer server) : ConformanceTest(server)
{
    /// <summary>All room versions.</summary>
    public static TheoryData<int> Versions => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_redacted_message_loses_its_content_and_tells_why(int version)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = $"{version}" });
        string message = await alice.Say(room, "regrettable");
        string redaction = await alice.Redact(room, message, new { reason = "Indecent" });
        JsonElement redacted = await alice.Event(room, message);
        redacted.At("content").IsJson("{}");
        JsonElement because = redacted.At("unsigned", "redacted_because");
        Assert.Equal(redaction, because.Str("event_id"));
        Assert.Equal("Indecent", because.Str("content", "reason"));
        JsonElement sent = await alice.Event(room, redaction);
        Assert.Equal("m.room.redaction", sent.Str("type"));
        // Since v11 the target is in the content; in every version clients get it in both places (room version 11, "moving the redacts property").
        Assert.Equal(message, sent.Str("redacts"));
        Assert.Equal(message, sent.Str("content", "redacts"));
        redacted = (await alice.WalkMessages(room)).Single(e => e.Str("event_id") == message);
        redacted.At("content").IsJson("{}");
        redacted = (await alice.Sync()).Timeline(room).Single(e => e.Str("event_id") == message);
        redacted.At("content").IsJson("{}");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_redaction_can_be_sent_as_an_event(int version)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = $"{version}" });
        string message = await alice.Say(room, "regrettable");
        Answer answer = await alice.Put($"/v3/rooms/{room}/send/m.room.redaction/{alice.NewTxnId()}", new { redacts = message, reason = "x" });
        answer.Ok();
        (await alice.Event(room, message)).At("content").IsJson("{}");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_redacted_membership_keeps_what_the_rooms_rules_need(int version)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { room_version = $"{version}", preset = "public_chat" });
        (await bob.Put($"/v3/rooms/{room}/state/m.room.member/{bob.UserId}", new { membership = "join", displayname = "Rude name" })).Ok();
        string member = (await alice.FullState(room)).OfType("m.room.member", bob.UserId).Str("event_id");
        await alice.Redact(room, member);
        (await alice.State(room, "m.room.member", bob.UserId)).IsJson("""{"membership":"join"}""");
        await bob.Say(room, "still joined");
    }

    [Fact]
    public async Task The_redaction_reaches_syncing_clients_as_an_event()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string message = await alice.Say(room, "regrettable");
        string token = await bob.SyncToken();
        string redaction = await alice.Redact(room, message);
        JsonElement sync = await bob.SyncUntilEvent(token, room, redaction);
        Assert.Equal("m.room.redaction", sync.Timeline(room).Single().Str("type"));
    }

    [Fact]
    public async Task Own_events_may_be_redacted_by_everybody_others_by_power()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string alices = await alice.Say(room, "alice's");
        string bobs = await bob.Say(room, "bob's");
        (await bob.Put($"/v3/rooms/{room}/redact/{alices}/{bob.NewTxnId()}")).Fails(403, "M_FORBIDDEN");
        Assert.Equal("alice's", (await bob.Event(room, alices)).Str("content", "body"));
        await bob.Redact(room, bobs);
        string more = await bob.Say(room, "bob's second");
        await alice.Redact(room, more);
        (await bob.Event(room, more)).At("content").IsJson("{}");
    }

    [Fact]
    public async Task The_same_transaction_redacts_once()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string message = await alice.Say(room, "x");
        string first = (await alice.Put($"/v3/rooms/{room}/redact/{message}/same")).Ok().Str("event_id");
        string second = (await alice.Put($"/v3/rooms/{room}/redact/{message}/same")).Ok().Str("event_id");
        Assert.Equal(first, second);
        Assert.Single(await alice.WalkMessages(room), e => e.Str("type") == "m.room.redaction");
    }

    [Fact]
    public async Task Redacting_what_does_not_exist_or_is_elsewhere_is_refused()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string other = await alice.CreatePublicRoom();
        string message = await alice.Say(other, "elsewhere");
        (await alice.Put($"/v3/rooms/{room}/redact/{message}/1")).FailsOnUnknownRoom();
        Assert.Equal("elsewhere", (await alice.Event(other, message)).Str("content", "body"));
        (await bob.Put($"/v3/rooms/{room}/redact/{message}/1")).FailsOnUnknownRoom();
    }
}

/// <inheritdoc/>
public sealed class RedactionOnSqlite(SqliteServer server) : RedactionTests(server);

/// <inheritdoc/>
public sealed class RedactionOnPostgres(PostgresServer server) : RedactionTests(server);
