using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>What a push gateway was not told before the server ended is told after it started again; unread counts are what they were.</summary>
public sealed class PushAfterRestartTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_loses_no_notification(bool postgres)
    {
        await using PostgresDatabase? database = postgres ? await PostgresDatabase.CreateAsync() : null;
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { Database = database is null ? null : $"postgres:{database.ConnectionString}" });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User("alice");
        TestClient bob = await scope.User("bob");
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string root = await alice.Say(room, "root");
        int port = FakePushGateway.FreePort();
        await using (FakePushGateway gateway = new(port))
        {
            await alice.Push(gateway);
            await bob.Say(room, "told");
            await gateway.NextEvent();
        }

        string main = await bob.Say(room, "while the gateway is away");
        string reply = await bob.SendEvent(room, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "in the thread",
            ["m.relates_to"] = new { rel_type = "m.thread", event_id = root },
        });
        JsonElement before = (await alice.Sync(filter: """{"room":{"timeline":{"unread_thread_notifications":true}}}""")).Joined(room);
        await server.KillAsync();
        await using FakePushGateway again = new(port);
        await server.StartAgainAsync();
        Assert.Equal(main, (await again.NextEvent()).Str("event_id"));
        JsonElement last = await again.NextEvent();
        Assert.Equal(reply, last.Str("event_id"));
        Assert.Equal(3, last.Int("counts", "unread"));
        JsonElement after = (await alice.Sync(filter: """{"room":{"timeline":{"unread_thread_notifications":true}}}""")).Joined(room);
        Assert.Equal(before.At("unread_notifications").GetRawText(), after.At("unread_notifications").GetRawText());
        Assert.Equal(2, after.Int("unread_notifications", "notification_count"));
        Assert.Equal(1, after.Int("unread_thread_notifications", root, "notification_count"));

        // A private receipt of the one, and the thread of the other, hold over another start.
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read.private/{main}", new { thread_id = "main" })).Ok();
        await again.NextCount(1);
        await server.KillAsync();
        await server.StartAgainAsync();
        JsonElement read = (await alice.Sync(filter: """{"room":{"timeline":{"unread_thread_notifications":true}}}""")).Joined(room);
        Assert.Equal(0, read.Int("unread_notifications", "notification_count"));
        Assert.Equal(1, read.Int("unread_thread_notifications", root, "notification_count"));
        Assert.Empty(scope.Violations);
    }
}
