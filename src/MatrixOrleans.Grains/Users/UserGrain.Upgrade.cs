using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Users;

/// <summary>Takes a room's personal settings over into the room that replaces it (Client-Server API, "Room Upgrades").</summary>
public sealed partial class UserGrain
{
    public async ValueTask FollowUpgrade(RoomId old, RoomId replacement)
    {
        if (await database.Rooms.Find(old) is not { } from || await database.Rooms.Find(replacement) is not { } to)
        {
            return;
        }

        var entries = new List<UserEntry>();
        if ((await database.AccountData.Get(_user, from.Nid, RoomTags.Type))?.Json is { } tags
            && (await database.AccountData.Get(_user, to.Nid, RoomTags.Type))?.Json is null)
        {
            entries.Add(new AccountDataSet(_user.Value, to.Nid, replacement.Value, RoomTags.Type, tags));
        }

        if ((await database.AccountData.Get(_user, null, DirectRooms.Type))?.Json is { } direct && DirectRooms.WithReplacement(direct, old, replacement) is { } directs)
        {
            entries.Add(new AccountDataSet(_user.Value, null, null, DirectRooms.Type, directs));
        }

        var rules = await PushRules();
        var followed = rules.WithReplacement(old, replacement);
        if (!followed.Equals(rules))
        {
            entries.Add(new AccountDataSet(_user.Value, null, null, AccountDataTypes.PushRules, followed.ToStored()));
        }

        if (entries.Count > 0)
        {
            await _userLog.Write(entries);
        }
    }
}
