using System.Text.Json;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Federation;

namespace MatrixOrleans.Server.Tests.Encryption;

[Collection(ReadingCollection.Name)]
public sealed class ToDeviceTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"sender{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"receiver{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task Messages_come_in_order_at_most_a_hundred_an_answer()
    {
        await Devices("PHONE");
        for (var i = 0; i < 120; i++)
        {
            await Send($"t{i}", "PHONE", i);
        }

        var first = await Sync("PHONE", null);
        Assert.Equal(Enumerable.Range(0, 100), Numbers(first));
        var second = await Sync("PHONE", Next(first));
        Assert.Equal(Enumerable.Range(100, 20), Numbers(second));
        Assert.Empty(Numbers(await Sync("PHONE", Next(second))));
    }

    [Fact]
    public async Task A_message_stays_until_the_device_presents_a_token_behind_it()
    {
        await Devices("PHONE");
        var start = Next(await Sync("PHONE", null));
        await Send("t1", "PHONE", 1);
        var first = await Sync("PHONE", start);
        Assert.Equal([1], Numbers(first));
        Assert.Equal([1], Numbers(await Sync("PHONE", start)));
        await Send("t2", "PHONE", 2);
        Assert.Equal([1, 2], Numbers(await Sync("PHONE", start)));
        Assert.Equal([2], Numbers(await Sync("PHONE", Next(first))));

        // What was acknowledged is gone, what was not is still there.
        Assert.Equal([2], Numbers(await Sync("PHONE", start)));
    }

    [Fact]
    public async Task A_restart_neither_loses_a_message_nor_brings_one_back()
    {
        await using var server = await RoomServer.Start();
        await Devices(server, "PHONE");
        await Send(server, "t1", "PHONE", 1);
        var first = await Sync(server, "PHONE", null);
        Assert.Equal([1], Numbers(first));
        await Send(server, "t2", "PHONE", 2);
        await server.Restart();
        Assert.Equal([1, 2], Numbers(await Sync(server, "PHONE", null)));
        var second = await Sync(server, "PHONE", Next(first));
        Assert.Equal([2], Numbers(second));
        await server.Restart();
        Assert.Empty(Numbers(await Sync(server, "PHONE", Next(second))));
        await server.Restart();
        Assert.Empty(Numbers(await Sync(server, "PHONE", null)));
    }

    [Fact]
    public async Task A_repeated_transaction_sends_nothing_more()
    {
        await Devices("PHONE");
        await Send("t1", "PHONE", 1);
        await Send("t1", "PHONE", 1);
        Assert.Equal([1], Numbers(await Sync("PHONE", null)));
    }

    [Fact]
    public async Task A_star_reaches_every_device_unknown_devices_nobody_and_what_is_for_another_server_waits_for_it()
    {
        await Devices("PHONE", "LAPTOP");
        var other = UserId.Parse("@far:elsewhere.test");
        await _server.Grains.GetGrain<IToDeviceGrain>(_alice.Value).Send(new ToDeviceRequest
        {
            DeviceId = "A",
            Type = "m.test",
            TxnId = "t1",
            Messages =
            [
                new ToDeviceMessage(_bob, ToDeviceMessage.EveryDevice, Content(1)),
                new ToDeviceMessage(_bob, "NOSUCH", Content(2)),
                new ToDeviceMessage(other, "PHONE", Content(3)),
            ],
        });
        Assert.Equal([1], Numbers(await Sync("PHONE", null)));
        Assert.Equal([1], Numbers(await Sync("LAPTOP", null)));
        Assert.Empty(await _server.Database.ToDevice.Read(_bob, "NOSUCH", 0, long.MaxValue, 10));
        var queue = new Destination(RoomServer.Tenant, other.ServerName);
        var started = TimeProvider.System.GetTimestamp();
        IReadOnlyList<OutgoingEdu> waiting;
        while ((waiting = await _server.Database.Outgoing.Edus(queue, 10)).Count == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "Nothing waits for the other server");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var content = RoomServer.Json(Assert.Single(waiting).Json).GetProperty("content");
        Assert.Equal(_alice.Value, content.GetProperty("sender").GetString());
        Assert.True(content.GetProperty("messages").GetProperty(other.Value).TryGetProperty("PHONE", out _));
        Assert.Empty(await _server.Database.ToDevice.Read(other, "PHONE", 0, long.MaxValue, 10));
    }

    [Fact]
    public async Task A_waiting_sync_hears_of_a_message_and_idle_ones_ask_no_database()
    {
        await Devices("PHONE");
        var since = Next(await Sync("PHONE", null));
        var waiting = Sync(_server, "PHONE", since, waitMs: 8000);
        await Send("t1", "PHONE", 1);
        var answer = await waiting;
        Assert.Equal([1], Numbers(answer));
        var message = Messages(answer).Single();
        Assert.Equal(_alice.Value, message.GetProperty("sender").GetString());
        Assert.Equal("m.test", message.GetProperty("type").GetString());
        var next = await Sync("PHONE", Next(answer));
        await _server.WithoutReads(async () => Assert.Empty(Numbers(await Sync("PHONE", Next(next)))));
    }

    private Task Devices(params string[] devices) => Devices(_server, devices);

    private async Task Devices(RoomServer server, params string[] devices)
    {
        foreach (var device in devices)
        {
            await server.Database.Devices.Put(new DeviceRow(_bob, device, null, 1));
        }
    }

    private Task Send(string txn, string device, int number) => Send(_server, txn, device, number);

    private async Task Send(RoomServer server, string txn, string device, int number) =>
        await server.Grains.GetGrain<IToDeviceGrain>(_alice.Value).Send(new ToDeviceRequest
        {
            DeviceId = "A",
            Type = "m.test",
            TxnId = txn,
            Messages = [new ToDeviceMessage(_bob, device, Content(number))],
        });

    private Task<JsonElement> Sync(string device, string? since) => Sync(_server, device, since);

    private async Task<JsonElement> Sync(RoomServer server, string device, string? since, int waitMs = 0) => RoomServer.Json(
        (await server.Grains.GetGrain<IUserSyncGrain>(_bob.Value).Sync(
            new SyncRequest { DeviceId = device, Since = since, WaitMs = waitMs }, TestContext.Current.CancellationToken)).Body);

    private static byte[] Content(int number) => RoomServer.Utf8(new { number });

    private static string Next(JsonElement answer) => answer.GetProperty("next_batch").GetString()!;

    private static IEnumerable<JsonElement> Messages(JsonElement answer) =>
        answer.TryGetProperty("to_device", out var part) ? part.GetProperty("events").EnumerateArray() : [];

    private static List<int> Numbers(JsonElement answer) => [.. Messages(answer).Select(message => message.GetProperty("content").GetProperty("number").GetInt32())];
}
