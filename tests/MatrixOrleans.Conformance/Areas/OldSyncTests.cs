using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>The operations from before /sync: /events, /initialSync, /rooms/{roomId}/initialSync.</summary>
public abstract class OldSyncTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task The_event_stream_tells_what_happens_from_its_token_on()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string start = (await alice.Get($"/v3/events?timeout=0")).Ok().Str("end");
        string message = await alice.Say(room, "hello");
        JsonElement stream = (await alice.Get($"/v3/events?timeout=5000&from={start}")).Ok();
        Assert.Equal(message, Assert.Single(stream.List("chunk"), e => e.Has("event_id")).Str("event_id"));
        Assert.All(stream.List("chunk"), e => Assert.Equal(room, e.Str("room_id")));
        Assert.Empty((await alice.Get($"/v3/events?timeout=0&from={stream.Str("end")}")).Ok().List("chunk"));
    }

    [Fact]
    public async Task A_waiting_event_stream_is_woken()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string start = (await alice.Get($"/v3/events?timeout=0")).Ok().Str("end");
        Task<Answer> waiting = await SyncCalls.SurelyWaiting(() => alice.Get($"/v3/events?timeout=20000&from={start}"));
        Assert.False(waiting.IsCompleted);
        string message = await alice.Say(room, "wake up");
        Assert.Contains(message, (await waiting).Ok().List("chunk").Where(e => e.Has("event_id")).Ids());
    }

    [Fact]
    public async Task Who_is_not_in_a_room_streams_it_only_when_the_world_may_read_it()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string start = (await bob.Get($"/v3/events?timeout=0")).Ok().Str("end");
        (await bob.Get($"/v3/events?timeout=0&from={start}&room_id={room}")).Fails(403, "M_FORBIDDEN");
        await alice.SetState(room, "m.room.history_visibility", new { history_visibility = "world_readable" });
        string message = await alice.Say(room, "hello, world");
        Assert.Contains(message, (await bob.Get($"/v3/events?timeout=2000&from={start}&room_id={room}")).Ok().List("chunk").Ids());
    }

    [Fact]
    public async Task One_event_is_found_by_its_id_alone_by_those_who_may_see_it()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        string message = await alice.Say(room, "where am I?");
        JsonElement found = (await alice.Get($"/v3/events/{message}")).Ok();
        Assert.Equal((message, room, "where am I?"), (found.Str("event_id"), found.Str("room_id"), found.Str("content", "body")));
        (await bob.Get($"/v3/events/{message}")).Fails(404, "M_NOT_FOUND");
        await alice.SetState(room, "m.room.history_visibility", new { history_visibility = "world_readable" });
        string open = await alice.Say(room, "for everybody");
        Assert.Equal(open, (await bob.Get($"/v3/events/{open}")).Ok().Str("event_id"));
        (await alice.Get($"/v3/events/$no_such_event")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/events/nonsense")).Fails(404, "M_NOT_FOUND");
        (await Scope.Anonymous().Get($"/v3/events/{message}")).Fails(401, "M_MISSING_TOKEN");
    }

    [Theory]
    [InlineData("from=nonsense")]
    [InlineData("limit=many")]
    [InlineData("limit=-1")]
    public async Task Nonsense_in_the_query_is_the_clients_error(string query)
    {
        TestClient alice = await User();
        Answer answer = await alice.Get(System.Runtime.CompilerServices.FormattableStringFactory.Create("/v3/events?timeout=0&" + query));
        answer.Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task The_initial_sync_of_a_user_and_of_a_room_agree_with_the_room()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "A room" });
        string first = await alice.Say(room, "first");
        string second = await alice.Say(room, "second");
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.work", new { order = 0.5 })).Ok();
        string[] state = [.. (await alice.FullState(room)).Ids().Order()];
        JsonElement ofUser = (await alice.Get($"/v3/initialSync?limit=2")).Ok();
        JsonElement ofRoom = (await alice.Get($"/v3/rooms/{room}/initialSync?limit=2")).Ok();
        foreach (JsonElement told in (JsonElement[])[Assert.Single(ofUser.List("rooms")), ofRoom])
        {
            Assert.Equal(room, told.Str("room_id"));
            Assert.Equal("join", told.Str("membership"));
            Assert.Equal("private", told.Str("visibility"));
            Assert.Equal(state, told.List("state").Ids().Order());
            Assert.Equal((string[])[first, second], told.List("messages", "chunk").Ids());
            Assert.Equal("m.tag", Assert.Single(told.List("account_data")).Str("type"));
            Assert.DoesNotContain(first, (await alice.WalkMessages(room, "b", 50, told.Str("messages", "start"))).Ids());
        }
        string third = await alice.Say(room, "third");
        Assert.Contains(third, (await alice.Get($"/v3/events?timeout=2000&from={ofUser.Str("end")}")).Ok().List("chunk").Where(e => e.Has("event_id")).Ids());
    }

    [Fact]
    public async Task A_room_that_was_left_is_told_as_it_was()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await bob.Leave(room);
        string later = await alice.Say(room, "unheard");
        Assert.Empty((await bob.Get($"/v3/initialSync")).Ok().List("rooms"));
        JsonElement archived = Assert.Single((await bob.Get($"/v3/initialSync?archived=true")).Ok().List("rooms"));
        JsonElement ofRoom = (await bob.Get($"/v3/rooms/{room}/initialSync")).Ok();
        foreach (JsonElement told in (JsonElement[])[archived, ofRoom])
        {
            Assert.Equal("leave", told.Str("membership"));
            Assert.DoesNotContain(later, told.List("messages", "chunk").Ids());
        }
    }
}

/// <inheritdoc/>
public sealed class OldSyncOnSqlite(SqliteServer server) : OldSyncTests(server);

/// <inheritdoc/>
public sealed class OldSyncOnPostgres(PostgresServer server) : OldSyncTests(server);
