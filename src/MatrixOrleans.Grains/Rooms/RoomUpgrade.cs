using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Protocol.Rooms.Upgrade;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>The old room's side of an upgrade (Client-Server API, "Room Upgrades", steps 1 and 4 to 6).</summary>
internal sealed class RoomUpgrade(Database database, IGrainFactory grains, RoomId room, UserId user)
{
    /// <summary>Tries of one event while the room moves to another place: the whole request must not be made anew, it would make another room.</summary>
    private const int AttemptsMax = 5;

    /// <summary>The room, if the user may replace it.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_FORBIDDEN</exception>
    public async ValueTask<OldRoom> Load()
    {
        var state = await CurrentState.Load(database, room) ?? throw new MatrixException(MatrixError.NotFound, "Unknown room");
        var old = new OldRoom
        {
            RoomId = room,
            Version = RoomVersions.Get(state.Room.Version),
            State = await state.Events(OldRoom.Keys),
        };
        if (!old.MayUpgrade(user, await state.IsJoined(user)))
        {
            throw new MatrixException(MatrixError.Forbidden, "You may not upgrade this room");
        }

        var isSpace = old.Content(StateKey.Create) is { } create && create.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String && type.ValueEquals("m.space"u8);
        return old with
        {
            LastEvent = await LastEvent(state.Room.Nid),
            Bans = await Bans(state.Room.Nid, old.Version),
            Children = isSpace ? await state.OfType(EventTypes.SpaceChild) : [],
            Aliases = [.. (await database.Aliases.OfRoom(room)).Select(row => row.Alias).Where(alias => alias.ServerName == user.ServerName)],
        };
    }

    /// <summary>Tells the old room's members where it went, moves what is not in its events, and closes it.</summary>
    public async ValueTask LeaveFor(OldRoom old, RoomId replacement)
    {
        await Send(EventTypes.Tombstone, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["body"] = "This room has been replaced",
            ["replacement_room"] = replacement.Value,
        }));
        await database.Aliases.Move(old.Aliases, room, replacement);
        await database.Directory.Remove(user.ServerName, room);
        if (WithoutMoved(old) is { } aliases)
        {
            await IfAllowed(EventTypes.CanonicalAlias, aliases);
        }

        if (old.Content(StateKey.PowerLevels) is { } levels && UpgradedPowerLevels.Restricted(levels, old.Levels) is { } restricted)
        {
            await IfAllowed(EventTypes.PowerLevels, restricted);
        }

        await grains.GetGrain<IUserGrain>(user.Value).FollowUpgrade(room, replacement);
    }

    private static ReadOnlyMemory<byte>? WithoutMoved(OldRoom old)
    {
        var content = old.Content(StateKey.CanonicalAlias);
        ReadOnlyMemory<byte>? changed = null;
        foreach (var alias in old.Aliases)
        {
            if (content is { } present && CanonicalAliasContent.Without(present, alias) is { } without)
            {
                changed = without;
                content = JsonElement.Parse(without.Span);
            }
        }

        return changed;
    }

    private async ValueTask<EventId?> LastEvent(long roomNid)
    {
        var head = await database.Rooms.LoadHead(roomNid);
        return (await database.Rooms.EventsByNids(roomNid, head.Extremities)).Select(e => EventId.Parse(e.EventId)).Cast<EventId?>().FirstOrDefault();
    }

    private async ValueTask<IReadOnlyList<Pdu>> Bans(long roomNid, RoomVersion version)
    {
        var banned = (await database.Memberships.OfRoom(roomNid, Membership.Ban))
            .Where(row => row.EventNid is not null)
            .OrderByDescending(row => row.Position)
            .Take(OldRoom.BansMax)
            .Select(row => row.EventNid!.Value)
            .ToList();
        return [.. (await database.Rooms.EventsByNids(roomNid, banned)).Select(stored => CurrentState.Shown(stored, version))];
    }

    /// <summary>The room is replaced whether or not the user may do this too.</summary>
    private async ValueTask IfAllowed(string type, ReadOnlyMemory<byte> content)
    {
        try
        {
            await Send(type, content);
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.Forbidden)
        {
            return;
        }
    }

    private async ValueTask Send(string type, ReadOnlyMemory<byte> content)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await grains.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest { Sender = user, Type = type, StateKey = "", Content = content });
                return;
            }
            catch (MatrixException moved) when (moved.Code == MatrixError.RoomMoved && attempt < AttemptsMax)
            {
                await Task.Delay(10 << attempt);
            }
        }
    }
}
