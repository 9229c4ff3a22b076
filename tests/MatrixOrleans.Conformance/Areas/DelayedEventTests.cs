using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Delayed events (MSC4140): sent when their time is over, unless cancelled or begun anew.</summary>
public abstract class DelayedEventTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_message_is_sent_when_its_delay_is_over()
    {
        (TestClient alice, string room) = await InARoom();
        string token = await alice.SyncToken();
        string id = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}?org.matrix.msc4140.delay=300", new { msgtype = "m.text", body = "later" })).Ok().Str("delay_id");
        Assert.Equal(id, (await Waiting(alice))[0].Str("delay_id"));
        JsonElement sync = await alice.SyncUntil(token, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.message"));
        Assert.Equal("later", sync.Timeline(room).OfType("m.room.message").Str("content", "body"));
        await WaitUntilNoneWaits(alice);
    }

    [Fact]
    public async Task A_state_event_can_be_delayed_sent_at_once_and_cancelled()
    {
        (TestClient alice, string room) = await InARoom();
        string id = (await alice.Put($"/v3/rooms/{room}/state/m.room.topic/?org.matrix.msc4140.delay=600000", new { topic = "now" })).Ok().Str("delay_id");
        JsonElement waiting = (await Waiting(alice)).Single();
        Assert.Equal("m.room.topic", waiting.Str("type"));
        Assert.Equal("", waiting.Str("state_key"));
        Assert.Equal(600_000, waiting.Int("delay"));
        (await alice.Another().Post($"/unstable/org.matrix.msc4140/delayed_events/{id}/send")).Ok();
        Assert.Equal("now", (await alice.State(room, "m.room.topic")).Str("topic"));
        string other = (await alice.Put($"/v3/rooms/{room}/state/m.room.topic/?org.matrix.msc4140.delay=600000", new { topic = "never" })).Ok().Str("delay_id");
        (await alice.Post($"/unstable/org.matrix.msc4140/delayed_events/{other}", new { action = "cancel" })).Ok();
        Assert.Empty(await Waiting(alice));
        (await alice.Post($"/unstable/org.matrix.msc4140/delayed_events/{other}/send")).Fails(404, "M_NOT_FOUND");
        Assert.Equal("now", (await alice.State(room, "m.room.topic")).Str("topic"));
    }

    [Fact]
    public async Task A_restart_begins_the_delay_anew()
    {
        (TestClient alice, string room) = await InARoom();
        string id = (await alice.Put($"/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/m.room.message/{alice.NewTxnId()}", new { delay = 600_000, content = new { msgtype = "m.text", body = "x" } })).Ok().Str("delay_id");
        long since = (await Waiting(alice)).Single().Int("running_since");
        await Task.Delay(5, TestContext.Current.CancellationToken);
        (await alice.Post($"/v1/delayed_events/{id}/restart")).Ok();
        Assert.True((await Waiting(alice)).Single().Int("running_since") > since);
        Assert.Equal(id, (await alice.Get($"/v1/delayed_events/{id}")).Ok().Str("delay_id"));
        (await alice.Post($"/v1/delayed_events/{id}/cancel")).Ok();
    }

    [Fact]
    public async Task State_that_another_user_set_meanwhile_stays()
    {
        (TestClient alice, string room) = await InARoom();
        TestClient bob = await User("bob");
        await bob.Join(room);
        await alice.SetState(room, "m.room.power_levels", new { state_default = 0 });
        (await alice.Put($"/v3/rooms/{room}/state/m.room.topic/?org.matrix.msc4140.delay=700", new { topic = "alice's" })).Ok();
        await bob.SetState(room, "m.room.topic", new { topic = "bob's" });
        await WaitUntilNoneWaits(alice);
        Assert.Equal("bob's", (await alice.State(room, "m.room.topic")).Str("topic"));
    }

    [Fact]
    public async Task A_repeated_request_makes_one_delayed_event()
    {
        (TestClient alice, string room) = await InARoom();
        string txn = alice.NewTxnId();
        object body = new { delay = 600_000, content = new { msgtype = "m.text", body = "x" } };
        string first = (await alice.Put($"/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/m.room.message/{txn}", body)).Ok().Str("delay_id");
        Assert.Equal(first, (await alice.Put($"/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/m.room.message/{txn}", body)).Ok().Str("delay_id"));
        Assert.Single(await Waiting(alice));
    }

    [Fact]
    public async Task What_cannot_be_is_refused()
    {
        (TestClient alice, string room) = await InARoom();
        object message = new { msgtype = "m.text", body = "x" };
        JsonElement long_ = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}?org.matrix.msc4140.delay=99999999999", message)).Fails(400, "M_UNKNOWN");
        Assert.Equal("M_MAX_DELAY_EXCEEDED", long_.Str("org.matrix.msc4140.errcode"));
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}?org.matrix.msc4140.delay=-1", message)).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}?org.matrix.msc4140.delay=soon", message)).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/m.room.message/{alice.NewTxnId()}", new { content = message })).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/m.room.message/{alice.NewTxnId()}", new { delay = 1 })).Fails(400, "M_MISSING_PARAM");
        TestClient bob = await User("bob");
        (await bob.Put($"/v3/rooms/{room}/send/m.room.message/{bob.NewTxnId()}?org.matrix.msc4140.delay=1", message)).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/unstable/org.matrix.msc4140/delayed_events/unknown/send")).Fails(404, "M_NOT_FOUND");
        (await alice.Post($"/unstable/org.matrix.msc4140/delayed_events/unknown/explode")).Fails(400, "M_INVALID_PARAM");
    }

    private async Task<(TestClient Alice, string Room)> InARoom()
    {
        TestClient alice = await User("alice");
        return (alice, await alice.CreatePublicRoom());
    }

    private static async Task<JsonElement[]> Waiting(TestClient client) => (await client.Get($"/unstable/org.matrix.msc4140/delayed_events")).Ok().List("delayed_events");

    private static async Task WaitUntilNoneWaits(TestClient client)
    {
        while ((await Waiting(client)).Length > 0)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}

/// <inheritdoc/>
public sealed class DelayedEventsOnSqlite(SqliteServer server) : DelayedEventTests(server);

/// <inheritdoc/>
public sealed class DelayedEventsOnPostgres(PostgresServer server) : DelayedEventTests(server);
