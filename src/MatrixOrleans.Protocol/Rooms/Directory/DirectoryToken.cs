using System.Buffers.Text;
using System.Globalization;
using System.Text;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Directory;

/// <summary>
/// A place in the list of published rooms, most members first: beside a room, and the direction to go on in. It keeps its meaning when
/// rooms come and go.
/// </summary>
public readonly record struct DirectoryToken(bool Backwards, int JoinedCount, RoomId Room)
{
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static DirectoryToken Parse(string text)
    {
        var parts = text.Split('_', 2);
        if (parts.Length == 2 && parts[0].Length > 1 && parts[0][0] is 'n' or 'p'
            && int.TryParse(parts[0].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var joined)
            && Base64Url.IsValid(parts[1])
            && RoomId.TryParse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])), out var room))
        {
            return new DirectoryToken(text[0] == 'p', joined, room);
        }

        throw new MatrixException(MatrixError.InvalidParam, "since is not a pagination token of this server");
    }

    public static DirectoryToken After(PublishedRoom room) => new(false, room.JoinedCount, room.RoomId);

    public static DirectoryToken Before(PublishedRoom room) => new(true, room.JoinedCount, room.RoomId);

    /// <summary>Where the room stands to the token's place: negative before it, positive after it.</summary>
    public int Compare(PublishedRoom room) => Order(room.JoinedCount, room.RoomId, JoinedCount, Room);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Backwards ? 'p' : 'n')}{JoinedCount}_{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Room.Value))}");

    internal static int Order(int joined, RoomId room, int otherJoined, RoomId otherRoom)
    {
        var byJoined = otherJoined.CompareTo(joined);
        return byJoined != 0 ? byJoined : room.CompareTo(otherRoom);
    }
}

/// <summary>A page of the list of published rooms, and how to get the ones beside it.</summary>
public sealed record DirectoryPage(IReadOnlyList<PublishedRoom> Rooms, DirectoryToken? Next, DirectoryToken? Previous)
{
    /// <summary>Cuts a page out of rooms in any order.</summary>
    /// <param name="since"><c>null</c> for the first page.</param>
    /// <param name="limit">Most rooms on the page; at least one.</param>
    public static DirectoryPage Of(IEnumerable<PublishedRoom> rooms, DirectoryToken? since, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var sorted = rooms.ToList();
        sorted.Sort((a, b) => DirectoryToken.Order(a.JoinedCount, a.RoomId, b.JoinedCount, b.RoomId));
        var (from, to) = (0, Math.Min(limit, sorted.Count));
        if (since is { Backwards: false } after)
        {
            from = sorted.TakeWhile(room => after.Compare(room) <= 0).Count();
            to = Math.Min(from + limit, sorted.Count);
        }
        else if (since is { } before)
        {
            to = sorted.TakeWhile(room => before.Compare(room) < 0).Count();
            from = Math.Max(0, to - limit);
        }

        var page = sorted[from..to];
        return page.Count == 0
            ? new DirectoryPage(page, null, null)
            : new DirectoryPage(page, to < sorted.Count ? DirectoryToken.After(page[^1]) : null, from > 0 ? DirectoryToken.Before(page[0]) : null);
    }
}
