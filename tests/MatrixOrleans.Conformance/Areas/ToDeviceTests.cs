using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Messages from device to device.</summary>
public abstract class ToDeviceTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_message_to_a_device_reaches_it_and_no_other()
    {
        TestClient alice = await User();
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        (string phoneToken, string laptopToken) = (await phone.SyncToken(), await laptop.SyncToken());
        await Send(alice, phone.UserId, phone.DeviceId, new { body = "psst" });
        JsonElement sync = await phone.SyncUntil(phoneToken, s => s.List("to_device", "events").Length > 0);
        JsonElement message = Assert.Single(sync.List("to_device", "events"));
        Assert.Equal(alice.UserId, message.Str("sender"));
        Assert.Equal("m.test", message.Str("type"));
        Assert.Equal("psst", message.Str("content", "body"));
        Assert.Empty((await laptop.Sync(laptopToken)).List("to_device", "events"));
        Assert.Empty((await phone.Sync(sync.Str("next_batch"))).List("to_device", "events"));
    }

    [Fact]
    public async Task A_star_reaches_every_device()
    {
        TestClient alice = await User();
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        await Send(alice, phone.UserId, "*", new { body = "all" });
        Assert.Single((await phone.Sync()).List("to_device", "events"));
        Assert.Single((await laptop.Sync()).List("to_device", "events"));
    }

    [Fact]
    public async Task Malformed_messages_are_refused_whole()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/sendToDevice/m.test/{alice.NewTxnId()}", new { })).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON");
        (await alice.Put($"/v3/sendToDevice/m.test/{alice.NewTxnId()}", new { messages = 5 })).Fails(400, "M_BAD_JSON");
        Dictionary<string, object> messages = new() { [alice.UserId] = new Dictionary<string, object> { [alice.DeviceId] = new { }, ["X"] = "text" } };
        (await alice.Put($"/v3/sendToDevice/m.test/{alice.NewTxnId()}", new { messages })).Fails(400, "M_BAD_JSON");
        Assert.Empty((await alice.Sync()).List("to_device", "events"));
    }

    private static async Task Send(TestClient from, string user, string device, object content)
    {
        Dictionary<string, object> messages = new() { [user] = new Dictionary<string, object> { [device] = content } };
        (await from.Put($"/v3/sendToDevice/m.test/{from.NewTxnId()}", new { messages })).Ok();
    }
}

/// <inheritdoc/>
public sealed class ToDeviceOnSqlite(SqliteServer server) : ToDeviceTests(server);

/// <inheritdoc/>
public sealed class ToDeviceOnPostgres(PostgresServer server) : ToDeviceTests(server);
