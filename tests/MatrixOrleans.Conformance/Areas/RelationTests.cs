using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Events that relate to others: lists of them, threads, and what is bundled with their parents.</summary>
public abstract class RelationTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Related_events_are_listed_page_by_page_and_by_kind()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string root = await alice.Say(room, "root");
        string first = await Relate(alice, room, root, "m.thread");
        string second = await Relate(alice, room, root, "m.reference");
        JsonElement page = (await alice.Get($"/v1/rooms/{room}/relations/{root}?limit=1")).Ok();
        Assert.Equal(second, page.List("chunk").Single().Str("event_id"));
        JsonElement rest = (await alice.Get($"/v1/rooms/{room}/relations/{root}?limit=5&from={page.Str("next_batch")}")).Ok();
        Assert.Equal(first, rest.List("chunk").Single().Str("event_id"));
        Assert.False(rest.Has("next_batch"));
        Assert.False(rest.Has("recursion_depth"));
        Assert.Equal(first, (await alice.Get($"/v1/rooms/{room}/relations/{root}/m.thread")).Ok().List("chunk").Single().Str("event_id"));
        Assert.Empty((await alice.Get($"/v1/rooms/{room}/relations/{root}/m.thread/m.sticker")).Ok().List("chunk"));
        Assert.Equal([first, second], (await alice.Get($"/v1/rooms/{room}/relations/{root}?dir=f")).Ok().List("chunk").Select(e => e.Str("event_id")));
    }

    [Fact]
    public async Task Recursion_finds_what_relates_to_related_events()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string root = await alice.Say(room, "root");
        string child = await Relate(alice, room, root, "m.thread");
        string grandchild = await Relate(alice, room, child, "m.reference");
        JsonElement page = (await alice.Get($"/v1/rooms/{room}/relations/{root}?recurse=true")).Ok();
        Assert.Equal([grandchild, child], page.List("chunk").Select(e => e.Str("event_id")));
        Assert.Equal(3, page.Int("recursion_depth"));
    }

    [Fact]
    public async Task A_parent_that_cannot_be_seen_is_404()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        string root = await alice.Say(room, "root");
        (await bob.Get($"/v1/rooms/{room}/relations/{root}")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v1/rooms/{room}/relations/{"$nothing"}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Threads_are_listed_with_their_bundles_and_by_participation()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string own = await alice.Say(room, "own");
        string others = await bob.Say(room, "others");
        await Relate(bob, room, own, "m.thread");
        string last = await Relate(bob, room, others, "m.thread");
        JsonElement page = (await alice.Get($"/v1/rooms/{room}/threads")).Ok();
        Assert.Equal([others, own], page.List("chunk").Select(e => e.Str("event_id")));
        JsonElement thread = page.List("chunk")[0].At("unsigned", "m.relations", "m.thread");
        Assert.Equal(1, thread.Int("count"));
        Assert.Equal(last, thread.Str("latest_event", "event_id"));
        Assert.False(thread.Bool("current_user_participated"));
        Assert.Equal(own, (await alice.Get($"/v1/rooms/{room}/threads?include=participated")).Ok().List("chunk").Single().Str("event_id"));
        JsonElement first = (await alice.Get($"/v1/rooms/{room}/threads?limit=1")).Ok();
        Assert.Equal(own, (await alice.Get($"/v1/rooms/{room}/threads?limit=1&from={first.Str("next_batch")}")).Ok().List("chunk").Single().Str("event_id"));
        (await alice.Get($"/v1/rooms/{room}/threads?from=junk")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task An_edit_is_bundled_in_messages_and_sync()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string original = await alice.Say(room, "original");
        string edit = await alice.SendEvent(room, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "* edited",
            ["m.new_content"] = new { msgtype = "m.text", body = "edited" },
            ["m.relates_to"] = new { rel_type = "m.replace", event_id = original },
        });
        JsonElement[] read = [.. (await alice.WalkMessages(room)).Concat((await alice.Sync()).Timeline(room)).Where(e => e.Str("event_id") == original)];
        Assert.Equal(2, read.Length);
        Assert.All(read, e => Assert.Equal(edit, e.Str("unsigned", "m.relations", "m.replace", "event_id")));
    }

    private static Task<string> Relate(TestClient client, string room, string target, string type) =>
        client.SendEvent(room, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "related",
            ["m.relates_to"] = new { rel_type = type, event_id = target },
        });
}

/// <inheritdoc/>
public sealed class RelationsOnSqlite(SqliteServer server) : RelationTests(server);

/// <inheritdoc/>
public sealed class RelationsOnPostgres(PostgresServer server) : RelationTests(server);
