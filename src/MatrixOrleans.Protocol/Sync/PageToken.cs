using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync.Sliding;
using Orleans;

namespace MatrixOrleans.Protocol.Sync;

/// <summary>
/// What a client may give as <c>from</c> or <c>to</c> of a room's pages: a <see cref="RoomToken"/>, or the <c>next_batch</c> of a sync,
/// or the <c>pos</c> of a sliding one (Client-Server API, <c>GET /rooms/{roomId}/messages</c>). Exactly one of the two is set.
/// </summary>
/// <param name="Room">A place in the room's own order.</param>
/// <param name="Sync">A place in the log; the room's last event up to it is the boundary.</param>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.PageToken")]
public readonly record struct PageToken([property: Id(0)] RoomToken? Room, [property: Id(1)] SyncToken? Sync)
{
    public static bool TryParse(string? text, out PageToken token)
    {
        if (RoomToken.TryParse(text, out var room))
        {
            token = new PageToken(room, null);
            return true;
        }

        if (SyncToken.TryParse(text, out var sync))
        {
            token = new PageToken(null, sync);
            return true;
        }

        if (SlidingPos.TryParse(text, out var pos))
        {
            token = new PageToken(null, new SyncToken(pos.LogPosition, 0, 0, 0));
            return true;
        }

        token = default;
        return false;
    }

    /// <summary>For text that a client sent.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static PageToken FromRequest(string? text) =>
        TryParse(text, out var token) ? token : throw new MatrixException(MatrixError.InvalidParam, "Not a pagination token of this server");

    public override string ToString() => Room?.ToString() ?? Sync?.ToString() ?? "";
}
