using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Storage.Accounts;
using Microsoft.Extensions.Logging.Abstractions;

namespace MatrixOrleans.Server.Tests.Encryption;

[Collection(ReadingCollection.Name)]
public sealed class DeviceListTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"lists{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"follows{Interlocked.Increment(ref _users)}");
    private readonly UserId _carol = RoomServer.User($"stranger{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task New_keys_wake_who_shares_a_room_and_nobody_else_hears()
    {
        await _server.Room(_alice, "shared", _bob);
        await Device(_server);
        var (bob, carol) = (Next(await Sync(_bob, null)), Next(await Sync(_carol, null)));
        var waiting = Sync(_bob, bob, waitMs: 8000);
        await Upload(_server, "k1");
        var answer = await waiting;
        Assert.Equal([_alice.Value], Changed(answer));
        Assert.Empty(Left(answer));
        Assert.Empty(Changed(await Sync(_carol, carol)));
        Assert.Empty(Changed(await Sync(_bob, Next(answer))));
    }

    [Fact]
    public async Task A_user_hears_of_the_own_devices()
    {
        await Device(_server);
        var since = Next(await Sync(_alice, null));
        await Upload(_server, "k1");
        Assert.Equal([_alice.Value], Changed(await Sync(_alice, since)));
    }

    [Fact]
    public async Task The_same_keys_again_change_nothing()
    {
        await _server.Room(_alice, "shared", _bob);
        await Device(_server);
        await Upload(_server, "k1");
        var since = Next(await Sync(_bob, null));
        await Upload(_server, "k1");
        Assert.Empty(Changed(await Sync(_bob, since)));
    }

    [Fact]
    public async Task Who_comes_to_share_a_room_has_changed_and_who_shares_none_any_more_has_left()
    {
        var room = await _server.Room(_alice, "shared");
        var since = Next(await Sync(_alice, null));
        await _server.Member(room, MembershipAction.Join, _bob);
        var joined = await Sync(_alice, since);
        Assert.Equal([_bob.Value], Changed(joined));
        await _server.Member(room, MembershipAction.Leave, _bob);
        var left = await Sync(_alice, Next(joined));
        Assert.Equal([_bob.Value], Left(left));
        Assert.Empty(Changed(left));

        // Here and gone between two syncs: nothing to do.
        await _server.Member(room, MembershipAction.Join, _bob);
        await _server.Member(room, MembershipAction.Leave, _bob);
        var nothing = await Sync(_alice, Next(left));
        Assert.Empty(Changed(nothing));
        Assert.Empty(Left(nothing));
    }

    [Fact]
    public async Task A_second_shared_room_makes_no_difference()
    {
        await _server.Room(_alice, "shared", _bob);
        var since = Next(await Sync(_alice, null));
        var second = await _server.Room(_alice, "shared", _bob);
        var joined = await Sync(_alice, since);
        Assert.Empty(Changed(joined));
        await _server.Member(second, MembershipAction.Leave, _bob);
        Assert.Empty(Left(await Sync(_alice, Next(joined))));
    }

    [Fact]
    public async Task Entering_a_room_changes_all_its_members_and_leaving_it_leaves_them()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var since = Next(await Sync(_carol, null));
        await _server.Member(room, MembershipAction.Join, _carol);
        var joined = await Sync(_carol, since);
        Assert.Equal(new[] { _alice.Value, _bob.Value }.Order(), Changed(joined).Order());
        await _server.Member(room, MembershipAction.Leave, _carol);
        var left = await Sync(_carol, Next(joined));
        Assert.Equal(new[] { _alice.Value, _bob.Value }.Order(), Left(left).Order());
    }

    [Fact]
    public async Task A_renamed_and_a_deleted_device_are_changes()
    {
        await _server.Room(_alice, "shared", _bob);
        await Device(_server);
        var since = Next(await Sync(_bob, null));
        var account = _server.Grains.GetGrain<IAccountGrain>(_alice.Value);
        await account.RenameDevice("PHONE", "New name");
        var renamed = await Sync(_bob, since);
        Assert.Equal([_alice.Value], Changed(renamed));
        await account.DeleteDevices(["PHONE"]);
        Assert.Equal([_alice.Value], Changed(await Sync(_bob, Next(renamed))));
    }

    [Fact]
    public async Task After_a_restart_and_in_keys_changes_the_same_is_told()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(_alice, "shared", _bob);
        var other = await server.Room(_carol, "shared", _bob);
        await Device(server);
        var since = Next(await Sync(server, _bob, null));
        await Upload(server, "k1");
        await server.Member(other, MembershipAction.Leave, _carol);
        await server.Restart();
        var answer = await Sync(server, _bob, since);
        Assert.Equal([_alice.Value], Changed(answer));
        Assert.Equal([_carol.Value], Left(answer));
        Assert.True(SyncToken.TryParse(since, out var token));
        var changes = RoomServer.Json(await server.Grains.GetGrain<IDeviceKeysGrain>(_bob.Value).Changes(token, null));
        Assert.Equal([_alice.Value], List(changes, "changed"));
        Assert.Equal([_carol.Value], List(changes, "left"));
        await server.Member(room, MembershipAction.Leave, _bob);
        changes = RoomServer.Json(await server.Grains.GetGrain<IDeviceKeysGrain>(_bob.Value).Changes(token, null));
        Assert.Empty(List(changes, "changed"));
        Assert.Equal(new[] { _alice.Value, _carol.Value }.Order(), List(changes, "left").Order());
    }

    [Fact]
    public async Task A_change_that_a_crash_left_untold_is_told_after_the_next_start()
    {
        await using var server = await RoomServer.Start();
        await server.Room(_alice, "shared", _bob);
        await Device(server);
        var since = Next(await Sync(server, _bob, null));

        // The device goes, and the process ends before the log hears of it.
        await server.Database.Devices.Remove(_alice, ["PHONE"]);
        Assert.Empty(Changed(await Sync(server, _bob, since)));
        await server.Restart();
        Assert.Equal([_alice.Value], Changed(await Sync(server, _bob, since)));
        Assert.Empty(await server.Database.LogDebts.Some(10));
    }

    [Fact]
    public async Task A_change_that_another_silo_left_untold_is_told_at_the_second_look()
    {
        await using var server = await RoomServer.Start();
        await server.Room(_alice, "shared", _bob);
        await Device(server);
        var since = Next(await Sync(server, _bob, null));
        await server.Database.Devices.Rename(_alice, "PHONE", "New name");
        var debts = new LogDebts(server.Database, TimeProvider.System, NullLogger<LogDebts>.Instance);
        var owed = await debts.Sweep([]);
        Assert.Single(owed);
        Assert.Empty(Changed(await Sync(server, _bob, since)));
        Assert.Empty(await debts.Sweep(owed));
        Assert.Equal([_alice.Value], Changed(await Sync(server, _bob, since)));
    }

    [Fact]
    public async Task A_debt_that_was_owed_again_while_it_was_told_stays()
    {
        await Device(_server);
        await _server.Database.Devices.Rename(_alice, "PHONE", "One");
        var first = await _server.Database.LogDebts.Of([_alice]);
        await _server.Database.Devices.Rename(_alice, "PHONE", "Two");
        await _server.Database.LogDebts.Remove(first);
        Assert.Single(await _server.Database.LogDebts.Of([_alice]));
        await _server.Database.LogDebts.Remove(await _server.Database.LogDebts.Of([_alice]));
        Assert.Empty(await _server.Database.LogDebts.Of([_alice]));
    }

    [Fact]
    public async Task Keys_changes_ends_at_the_second_token()
    {
        await _server.Room(_alice, "shared", _bob);
        await Device(_server);
        var first = Next(await Sync(_bob, null));
        await Upload(_server, "k1");
        var second = Next(await Sync(_bob, first));
        await Upload(_server, "k2");
        Assert.True(SyncToken.TryParse(first, out var from));
        Assert.True(SyncToken.TryParse(second, out var to));
        var grain = _server.Grains.GetGrain<IDeviceKeysGrain>(_bob.Value);
        Assert.Empty(List(RoomServer.Json(await grain.Changes(from, from)), "changed"));
        Assert.Equal([_alice.Value], List(RoomServer.Json(await grain.Changes(from, to)), "changed"));
        Assert.Equal([_alice.Value], List(RoomServer.Json(await grain.Changes(to, null)), "changed"));
    }

    private Task Device(RoomServer server) => server.Database.Devices.Put(new DeviceRow(_alice, "PHONE", null, 1));

    private async Task Upload(RoomServer server, string key) => await server.Grains.GetGrain<IDeviceKeysGrain>(_alice.Value).Upload("PHONE", RoomServer.Utf8(new
    {
        device_keys = DeviceSigning.Identity(_alice, "PHONE", key),
    }));

    private Task<JsonElement> Sync(UserId user, string? since, int waitMs = 0) => Sync(_server, user, since, waitMs);

    private static async Task<JsonElement> Sync(RoomServer server, UserId user, string? since, int waitMs = 0) => RoomServer.Json(
        (await server.Grains.GetGrain<IUserSyncGrain>(user.Value).Sync(
            new SyncRequest { DeviceId = "D", Since = since, WaitMs = waitMs }, TestContext.Current.CancellationToken)).Body);

    private static string Next(JsonElement answer) => answer.GetProperty("next_batch").GetString()!;

    private static List<string> Changed(JsonElement answer) => answer.TryGetProperty("device_lists", out var lists) ? List(lists, "changed") : [];

    private static List<string> Left(JsonElement answer) => answer.TryGetProperty("device_lists", out var lists) ? List(lists, "left") : [];

    private static List<string> List(JsonElement lists, string name) => [.. lists.GetProperty(name).EnumerateArray().Select(user => user.GetString()!)];
}
