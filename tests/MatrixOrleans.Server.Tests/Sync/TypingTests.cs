using System.Text.Json;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Sync;

/// <summary>Who types is known in memory only: a restart must not leave somebody typing for ever (DESIGN 4.3).</summary>
public sealed class TypingTests
{
    private static readonly UserId Alice = RoomServer.User("alice");
    private static readonly UserId Bob = RoomServer.User("bob");

    [Fact]
    public async Task A_typing_list_shown_before_a_restart_is_ended_after_it()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(Alice, "shared", Bob);
        var other = await server.Room(Alice, "shared", Bob);
        var since = Next(await Sync(server, null));
        server.Tail.TypingChanged(room, new TypingView(1, 1, [Alice]));
        var shown = await Sync(server, since);
        Assert.Equal([Alice.Value], Typing(shown, room));

        await server.Restart();
        var after = await Sync(server, Next(shown));
        Assert.Equal([], Typing(after, room));

        // Once is enough.
        Assert.False((await Sync(server, Next(after))).TryGetProperty("rooms", out _));

        // Whoever was shown nobody hears nothing, also not of the room in which it ended.
        Assert.Null(Typing(await Sync(server, since), other));
    }

    [Fact]
    public async Task A_restart_shows_who_types_now()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(Alice, "shared", Bob);
        server.Tail.TypingChanged(room, new TypingView(1, 1, [Alice]));
        var shown = Next(await Sync(server, null));
        await server.Restart();
        await Sync(server, shown);
        server.Tail.TypingChanged(room, new TypingView(2, 1, [Alice]));
        Assert.Equal([Alice.Value], Typing(await Sync(server, shown), room));
    }

    [Fact]
    public async Task Typing_that_began_and_ended_is_told_only_to_whoever_was_shown_it()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(Alice, "shared", Bob);
        var before = Next(await Sync(server, null));
        server.Tail.TypingChanged(room, new TypingView(1, 1, [Alice]));
        var during = Next(await Sync(server, before));
        server.Tail.TypingChanged(room, new TypingView(1, 2, []));
        Assert.Equal([], Typing(await Sync(server, during), room));
        Assert.Null(Typing(await Sync(server, before), room));
    }

    private static async Task<JsonElement> Sync(RoomServer server, string? since) => RoomServer.Json((await server.Grains.GetGrain<IUserSyncGrain>(Bob.Value).Sync(
        new SyncRequest { DeviceId = "D", Since = since, WaitMs = 0 }, TestContext.Current.CancellationToken)).Body);

    private static string Next(JsonElement answer) => answer.GetProperty("next_batch").GetString()!;

    /// <summary><c>null</c>: the answer says nothing of it.</summary>
    private static List<string>? Typing(JsonElement answer, RoomId room)
    {
        if (!answer.TryGetProperty("rooms", out var rooms) || !rooms.TryGetProperty("join", out var joined) || !joined.TryGetProperty(room.Value, out var section)
            || !section.TryGetProperty("ephemeral", out var ephemeral))
        {
            return null;
        }

        foreach (var typing in ephemeral.GetProperty("events").EnumerateArray().Where(e => e.GetProperty("type").GetString() == "m.typing"))
        {
            return [.. typing.GetProperty("content").GetProperty("user_ids").EnumerateArray().Select(user => user.GetString()!)];
        }

        return null;
    }
}
