using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Simplified sliding sync (MSC4186): lists, subscriptions, connections, and what a room is told with.</summary>
public abstract class SlidingSyncTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task The_server_says_that_it_speaks_it() =>
        Assert.True((await Scope.Anonymous().Get($"/_matrix/client/versions")).Ok().Bool("unstable_features", "org.matrix.simplified_msc3575"));

    [Fact]
    public async Task A_first_answer_has_the_rooms_of_the_window_and_counts_them_all()
    {
        TestClient alice = await User();
        List<string> rooms = [];
        for (int i = 0; i < 5; i++)
        {
            rooms.Add(await alice.CreateRoom(new { name = $"Room {i}" }));
        }
        await alice.Say(rooms[0], "newest");
        JsonElement first = await alice.Slide(SlidingCalls.List(to: 1, timeline: 1));
        Assert.Equal(5, first.Int("lists", "all", "count"));
        Assert.Equal([.. new[] { rooms[0], rooms[4] }.Order()], first.Keys("rooms").Order());
        JsonElement room = first.At("rooms", rooms[0]);
        Assert.True(room.Bool("initial"));
        Assert.Equal("Room 0", room.Str("name"));
        Assert.Equal("newest", Assert.Single(room.List("timeline")).Str("content", "body"));
        Assert.True(room.Bool("limited"));
        Assert.Equal(1, room.Int("joined_count"));
        Assert.Equal(0, room.Int("num_live"));
        Assert.Equal("m.room.name", Assert.Single(room.List("required_state")).Str("type"));
        Assert.True(room.Int("bump_stamp") > first.At("rooms", rooms[4]).Int("bump_stamp"));

        JsonElement more = await alice.Slide(SlidingCalls.List(to: 3, timeline: 1), first.Str("pos"));
        Assert.Equal([.. new[] { rooms[3], rooms[2] }.Order()], more.Keys("rooms").Order());
        JsonElement gap = (await alice.Get($"/v3/rooms/{rooms[0]}/messages?dir=b&limit=100&from={room.Str("prev_batch")}")).Ok();
        Assert.Contains(gap.List("chunk"), e => e.Str("type") == "m.room.create");
        Assert.DoesNotContain(gap.List("chunk"), e => e.Str("type") == "m.room.message");
    }

    [Fact]
    public async Task What_happens_is_told_once_and_as_live()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "One" });
        string quiet = await alice.CreateRoom();
        JsonElement first = await alice.Slide(SlidingCalls.List());
        Assert.Equal(2, first.Keys("rooms").Length);
        string message = await alice.Say(room, "hello");
        JsonElement second = await alice.Slide(SlidingCalls.List(), first.Str("pos"));
        Assert.Equal([room], second.Keys("rooms"));
        Assert.Equal([message], second.List("rooms", room, "timeline").Ids());
        Assert.Equal(1, second.Int("rooms", room, "num_live"));
        Assert.False(second.Has("rooms", room, "initial"));
        Assert.False(second.Bool("rooms", room, "limited"));
        Assert.DoesNotContain(quiet, second.GetRawText(), StringComparison.Ordinal);
        JsonElement third = await alice.Slide(SlidingCalls.List(), second.Str("pos"));
        Assert.Empty(third.Keys("rooms"));
    }

    [Fact]
    public async Task An_answer_that_got_lost_is_given_again_and_an_older_position_is_unknown()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string first = (await alice.Slide(SlidingCalls.List())).Str("pos");
        string message = await alice.Say(room, "hello");
        await alice.Slide(SlidingCalls.List(), first);
        JsonElement again = await alice.Slide(SlidingCalls.List(), first);
        Assert.Equal([message], again.List("rooms", room, "timeline").Ids());
        JsonElement next = await alice.Slide(SlidingCalls.List(), again.Str("pos"));
        Assert.Empty(next.Keys("rooms"));
        (await alice.TrySlide(SlidingCalls.List(), first)).Fails(400, "M_UNKNOWN_POS");
        (await alice.TrySlide(SlidingCalls.List(), "nonsense")).Fails(400, "M_UNKNOWN_POS");
    }

    [Fact]
    public async Task Connections_of_one_device_know_nothing_of_each_other()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string one = (await alice.Slide(SlidingCalls.List(connection: "one"))).Str("pos");
        string two = (await alice.Slide(SlidingCalls.List(connection: "two"))).Str("pos");
        string message = await alice.Say(room, "hello");
        Assert.Equal([message], (await alice.Slide(SlidingCalls.List(connection: "one"), one)).List("rooms", room, "timeline").Ids());
        Assert.Equal([message], (await alice.Slide(SlidingCalls.List(connection: "two"), two)).List("rooms", room, "timeline").Ids());
        (await alice.TrySlide(SlidingCalls.List(connection: "three"), two)).Fails(400, "M_UNKNOWN_POS");
        TestClient laptop = await alice.SecondDevice();
        (await laptop.TrySlide(SlidingCalls.List(connection: "two"), two)).Fails(400, "M_UNKNOWN_POS");
    }

    [Fact]
    public async Task A_waiting_request_is_woken_and_one_in_vain_ends_empty_with_its_transaction()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string pos = (await alice.Slide(SlidingCalls.List())).Str("pos");
        Task<JsonElement> waiting = await SyncCalls.SurelyWaiting(() => alice.Slide(SlidingCalls.List(), pos, timeoutMs: 20_000));
        Assert.False(waiting.IsCompleted);
        string message = await alice.Say(room, "wake up");
        JsonElement woken = await waiting;
        Assert.Equal([message], woken.List("rooms", room, "timeline").Ids());
        Dictionary<string, object> body = SlidingCalls.List();
        body["txn_id"] = "t";
        JsonElement empty = await alice.Slide(body, woken.Str("pos"), timeoutMs: 500);
        Assert.Empty(empty.Keys("rooms"));
        Assert.Equal("t", empty.Str("txn_id"));
    }

    [Fact]
    public async Task A_room_out_of_the_window_is_told_from_where_it_was_left_when_it_comes_back()
    {
        TestClient alice = await User();
        string old = await alice.CreateRoom(new { name = "Old" });
        string recent = await alice.CreateRoom(new { name = "New" });
        JsonElement both = await alice.Slide(SlidingCalls.List(to: 1));
        Assert.Equal(2, both.Keys("rooms").Length);
        string missed = await alice.Say(old, "while you look away");
        string newest = await alice.Say(recent, "on top");
        JsonElement narrow = await alice.Slide(SlidingCalls.List(to: 0), both.Str("pos"));
        Assert.Equal([recent], narrow.Keys("rooms"));
        Assert.Equal([newest], narrow.List("rooms", recent, "timeline").Ids());
        JsonElement wide = await alice.Slide(SlidingCalls.List(to: 1), narrow.Str("pos"));
        Assert.Equal([old], wide.Keys("rooms"));
        Assert.Equal([missed], wide.List("rooms", old, "timeline").Ids());
        Assert.False(wide.Has("rooms", old, "initial"));
    }

    [Fact]
    public async Task A_longer_timeline_and_more_state_are_told_at_once()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "One", topic = "Two" });
        List<string> sent = [];
        for (int i = 0; i < 5; i++)
        {
            sent.Add(await alice.Say(room, $"m{i}"));
        }
        JsonElement first = await alice.Slide(SlidingCalls.List(timeline: 1));
        Assert.Equal([sent[4]], first.List("rooms", room, "timeline").Ids());
        Dictionary<string, object> subscription = new() { [room] = new { timeline_limit = 4, required_state = (object[][])[["m.room.topic", ""]] } };
        JsonElement opened = await alice.Slide(SlidingCalls.List(timeline: 1, subscriptions: subscription), first.Str("pos"), timeoutMs: 10_000);
        Assert.Equal(sent.TakeLast(4), opened.List("rooms", room, "timeline").Ids());
        Assert.True(opened.Bool("rooms", room, "unstable_expanded_timeline"));
        Assert.True(opened.Bool("rooms", room, "limited"));
        Assert.Equal(0, opened.Int("rooms", room, "num_live"));
        Assert.Equal("m.room.topic", Assert.Single(opened.List("rooms", room, "required_state")).Str("type"));
        JsonElement quiet = await alice.Slide(SlidingCalls.List(timeline: 1, subscriptions: subscription), opened.Str("pos"));
        Assert.Empty(quiet.Keys("rooms"));
    }

    [Fact]
    public async Task Members_come_lazily_with_those_who_speak_and_never_twice()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await carol.Join(room);
        await alice.Say(room, "hello");
        object[][] lazy = [["m.room.member", "$LAZY"], ["m.room.member", "$ME"], ["m.room.create", "*"]];
        JsonElement first = await carol.Slide(SlidingCalls.List(timeline: 1, state: lazy));
        Assert.Equal([.. new[] { alice.UserId, carol.UserId }.Order()], Members(first).Order());
        await bob.Say(room, "me too");
        JsonElement second = await carol.Slide(SlidingCalls.List(timeline: 1, state: lazy), first.Str("pos"));
        Assert.Equal([bob.UserId], Members(second));
        await bob.Say(room, "again");
        JsonElement third = await carol.Slide(SlidingCalls.List(timeline: 1, state: lazy), second.Str("pos"));
        Assert.Empty(Members(third));

        string[] Members(JsonElement answer) => [.. answer.List("rooms", room, "required_state").Where(e => e.Str("type") == "m.room.member").Select(e => e.Str("state_key"))];
    }

    [Fact]
    public async Task Wildcards_give_all_state_of_a_type_and_with_one_key()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "N" });
        for (int i = 0; i < 60; i++)
        {
            await alice.SetState(room, "test.state", new { i }, $"k{i}");
        }
        JsonElement types = await alice.Slide(SlidingCalls.List(state: [["test.state", "*"]], connection: "a"));
        Assert.Equal(60, types.List("rooms", room, "required_state").Length);
        JsonElement empty = await alice.Slide(SlidingCalls.List(state: [["*", ""]], connection: "b"));
        Assert.All(empty.List("rooms", room, "required_state"), e => Assert.Equal("", e.Str("state_key")));
        JsonElement all = await alice.Slide(SlidingCalls.List(state: [["*", "*"]], connection: "c"));
        Assert.Equal((await alice.FullState(room)).Ids().Order(), all.List("rooms", room, "required_state").Ids().Order());
    }

    [Fact]
    public async Task Filters_choose_rooms()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string plain = await alice.CreateRoom();
        string space = await alice.CreateRoom(new { creation_content = new { type = "m.space" } });
        string secret = await alice.CreateRoom();
        await alice.SetState(secret, "m.room.encryption", new { algorithm = "m.megolm.v1.aes-sha2" });
        string direct = await alice.CreateRoom();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/m.direct", new Dictionary<string, string[]> { [bob.UserId] = [direct] })).Ok();
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{plain}/tags/m.favourite", new { order = 0.5 })).Ok();
        string invited = await bob.CreateRoom();
        await bob.Invite(invited, alice);
        await alice.SetState(space, "m.space.child", new { via = (string[])["localhost"] }, secret);

        Assert.Equal([plain, secret, direct, invited], await Rooms(new { not_room_types = (string[])["m.space"] }));
        Assert.Equal([space], await Rooms(new { room_types = (string[])["m.space"] }));
        Assert.Equal([plain, secret, direct, invited], await Rooms(new { room_types = (string?[])[null] }));
        Assert.Equal([secret], await Rooms(new { is_encrypted = true }));
        Assert.Equal([direct], await Rooms(new { is_dm = true }));
        Assert.Equal([plain, space, secret, invited], await Rooms(new { is_dm = false }));
        Assert.Equal([invited], await Rooms(new { is_invite = true }));
        Assert.Equal([plain], await Rooms(new { tags = (string[])["m.favourite"] }));
        Assert.Equal([space, secret, direct, invited], await Rooms(new { not_tags = (string[])["m.favourite"] }));
        Assert.Equal([secret], await Rooms(new { spaces = (string[])[space] }));

        async Task<string[]> Rooms(object filters)
        {
            JsonElement answer = await alice.Slide(SlidingCalls.List(filters: filters));
            Assert.Equal(answer.Keys("rooms").Length, answer.Int("lists", "all", "count"));
            string[] order = [plain, space, secret, direct, invited];
            return [.. answer.Keys("rooms").OrderBy(room => Array.IndexOf(order, room))];
        }
    }

    [Fact]
    public async Task An_invite_shows_stripped_state_and_the_join_starts_the_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { name = "Party" });
        string pos = (await bob.Slide(SlidingCalls.List())).Str("pos");
        await alice.Invite(room, bob);
        JsonElement invited = await bob.Slide(SlidingCalls.List(), pos, timeoutMs: 5000);
        Assert.Contains(invited.List("rooms", room, "invite_state"), e => e.Str("type") == "m.room.name" && e.Str("content", "name") == "Party");
        Assert.False(invited.Has("rooms", room, "timeline"));
        Assert.False(invited.Has("rooms", room, "required_state"));
        await bob.Join(room);
        JsonElement joined = await bob.Slide(SlidingCalls.List(), invited.Str("pos"), timeoutMs: 5000);
        Assert.True(joined.Bool("rooms", room, "initial"));
        Assert.Equal("Party", joined.Str("rooms", room, "name"));
        Assert.Equal(2, joined.Int("rooms", room, "joined_count"));
        Assert.Equal(0, joined.Int("rooms", room, "invited_count"));
    }

    [Fact]
    public async Task Who_leaves_or_is_kicked_hears_of_it_and_of_nothing_later()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string left = await alice.CreatePublicRoom();
        string kicked = await alice.CreatePublicRoom();
        await bob.Join(left);
        await bob.Join(kicked);
        object[][] me = [["m.room.member", "$ME"], ["m.room.topic", ""]];
        string pos = (await bob.Slide(SlidingCalls.List(state: me))).Str("pos");
        await bob.Leave(left);
        (await alice.Post($"/v3/rooms/{kicked}/kick", new { user_id = bob.UserId })).Ok();
        string hidden = await alice.SetState(left, "m.room.topic", new { topic = "without bob" });
        await alice.Say(kicked, "without bob");
        JsonElement answer = await bob.Slide(SlidingCalls.List(state: me), pos);
        foreach (string room in (string[])[left, kicked])
        {
            Assert.Equal("leave", answer.List("rooms", room, "required_state").OfType("m.room.member", bob.UserId).Str("content", "membership"));
        }
        Assert.DoesNotContain("without bob", answer.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain(hidden, answer.GetRawText(), StringComparison.Ordinal);
        JsonElement later = await bob.Slide(SlidingCalls.List(state: me), answer.Str("pos"));
        Assert.Empty(later.Keys("rooms"));
        JsonElement anew = await bob.Slide(SlidingCalls.List(state: me, connection: "anew"));
        Assert.Equal([kicked], anew.Keys("rooms"));
        Assert.DoesNotContain("without bob", anew.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_who_is_not_in_a_room_cannot_subscribe_to_it()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { name = "Secret" });
        Dictionary<string, object> subscription = new() { [room] = new { timeline_limit = 10, required_state = (object[][])[["*", "*"]] }, ["!unknown:localhost"] = new { timeline_limit = 1 } };
        JsonElement answer = await bob.Slide(SlidingCalls.List(subscriptions: subscription));
        Assert.Empty(answer.Keys("rooms"));
    }

    [Fact]
    public async Task Unread_counts_follow_messages_and_receipts()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string pos = (await bob.Slide(SlidingCalls.List())).Str("pos");
        string message = await alice.Say(room, "one");
        JsonElement unread = await bob.Slide(SlidingCalls.List(), pos);
        Assert.Equal(1, unread.Int("rooms", room, "notification_count"));
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{message}")).Ok();
        JsonElement read = await bob.Slide(SlidingCalls.List(), unread.Str("pos"));
        Assert.Equal(0, read.Int("rooms", room, "notification_count"));
        Assert.False(read.Has("rooms", room, "timeline"));
    }

    [Fact]
    public async Task A_room_without_a_name_has_heroes()
    {
        TestClient alice = await User();
        TestClient bob = await User("hero");
        string room = await alice.CreateRoom();
        await alice.Invite(room, bob);
        await bob.Join(room);
        JsonElement first = await alice.Slide(SlidingCalls.List());
        Assert.Equal(bob.UserId, Assert.Single(first.List("rooms", room, "heroes")).Str("user_id"));
        Assert.False(first.Has("rooms", room, "name"));
        await alice.SetState(room, "m.room.name", new { name = "Named" });
        JsonElement named = await alice.Slide(SlidingCalls.List(), first.Str("pos"));
        Assert.Equal("Named", named.Str("rooms", room, "name"));
        Assert.False(named.Has("rooms", room, "heroes"));
    }

    [Fact]
    public async Task A_chat_becomes_direct_by_account_data()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        JsonElement first = await alice.Slide(SlidingCalls.List());
        Assert.False(first.Bool("rooms", room, "is_dm"));
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/m.direct", new Dictionary<string, string[]> { [alice.UserId] = [room] })).Ok();
        JsonElement second = await alice.Slide(SlidingCalls.List(), first.Str("pos"), timeoutMs: 5000);
        Assert.True(second.Bool("rooms", room, "is_dm"));
    }

    [Theory]
    [InlineData("""{"lists":[]}""", "M_BAD_JSON")]
    [InlineData("""{"lists":{"a":5}}""", "M_BAD_JSON")]
    [InlineData("""{"lists":{"a":{"ranges":[[0,1]]}}}""", "M_MISSING_PARAM")]
    [InlineData("""{"lists":{"a":{"ranges":[[5,1]],"timeline_limit":1}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"lists":{"a":{"ranges":[[-1,1]],"timeline_limit":1}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"lists":{"a":{"ranges":[["x","y"]],"timeline_limit":1}}}""", "M_BAD_JSON")]
    [InlineData("""{"lists":{"a":{"timeline_limit":-1}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"lists":{"a":{"timeline_limit":"many"}}}""", "M_BAD_JSON")]
    [InlineData("""{"lists":{"a":{"timeline_limit":1,"required_state":[["m.room.name"]]}}}""", "M_BAD_JSON")]
    [InlineData("""{"lists":{"a":{"timeline_limit":1,"filters":{"is_dm":"yes"}}}}""", "M_BAD_JSON")]
    [InlineData("""{"room_subscriptions":{"nonsense":{"timeline_limit":1}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"extensions":{"to_device":{"enabled":true,"since":"nonsense"}}}""", "M_INVALID_PARAM")]
    [InlineData("""{"extensions":{"typing":{"enabled":1}}}""", "M_BAD_JSON")]
    [InlineData("""{"conn_id":5}""", "M_BAD_JSON")]
    [InlineData("""nonsense""", "M_NOT_JSON")]
    public async Task Nonsense_is_the_clients_error(string body, string errcode)
    {
        TestClient alice = await User();
        (await alice.TrySlide(body)).Fails(400, errcode);
    }

    [Fact]
    public async Task Too_many_lists_are_refused_and_nobody_slides_without_a_token()
    {
        TestClient alice = await User();
        Dictionary<string, object> lists = Enumerable.Range(0, 101).ToDictionary(i => $"l{i}", i => (object)new { timeline_limit = 1 });
        (await alice.TrySlide(new { lists })).Fails(400, "M_INVALID_PARAM");
        (await Scope.Anonymous().TrySlide(new { })).Fails(401, "M_MISSING_TOKEN");
    }
}

/// <inheritdoc/>
public sealed class SlidingSyncOnSqlite(SqliteServer server) : SlidingSyncTests(server);

/// <inheritdoc/>
public sealed class SlidingSyncOnPostgres(PostgresServer server) : SlidingSyncTests(server);
