using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Push;

namespace MatrixOrleans.Grains.Push;

/// <summary>An event as a push gateway is told of it.</summary>
internal sealed record PushedEvent(Pdu Pdu, bool IsRead, string? SenderDisplayName, string? RoomName, string? RoomAlias)
{
    /// <summary>Members who give a room without a name and alias its name.</summary>
    private const int HeroesMax = 3;

    /// <returns><c>null</c> when the event is gone, or was redacted meanwhile.</returns>
    public static async ValueTask<PushedEvent?> Load(Database database, RoomWindows windows, UserId user, PushRow row)
    {
        if ((await database.Rooms.EventsByNids(row.RoomNid, [row.EventNid])) is not [{ RedactedByNid: null } stored]
            || await database.Rooms.Find(row.RoomNid) is not { } room)
        {
            return null;
        }

        var pdu = windows.Parse(row.RoomNid, RoomVersions.Get(room.Version), stored);
        var receipts = new ReadMarks(await database.Receipts.OfUser(row.RoomNid, user));
        var alias = (await State(StateKey.CanonicalAlias))?.ContentString("alias");
        return new PushedEvent(
            pdu,
            receipts.Covers(stored.RoomSeq ?? long.MaxValue, stored.ThreadRoot),
            (await windows.StateEvent(row.RoomNid, room.Version, stored.StateBefore, StateKey.Member(pdu.Sender)))?.ContentString("displayname"),
            NonEmpty((await State(StateKey.Name))?.ContentString("name")) ?? alias ?? await Members(),
            alias);

        ValueTask<Pdu?> State(StateKey key) => windows.StateEvent(row.RoomNid, room.Version, stored.StateAfter, key);

        async ValueTask<string?> Members() =>
            NonEmpty(string.Join(", ", (await database.Memberships.Heroes(row.RoomNid, user, HeroesMax)).Select(member => NonEmpty(member.DisplayName) ?? member.UserId.Value)));
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
