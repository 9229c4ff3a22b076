using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Users;

/// <summary>
/// Judges receipts that a client sends and works out what they move. They compare by <c>room_seq</c> for each (user, type, thread) and never move back
/// (Client-Server API, "Receipts", "Read and unread markers").
/// </summary>
internal sealed class ReceiptMoves(Database database, UserId user, TimeProvider time)
{
    /// <summary>How many relations are followed from an event to its thread ("Threaded read receipts": at most 3 are recommended).</summary>
    private const int HopsMax = 3;

    /// <returns>Rows to write; none for receipts that would move back.</returns>
    public async ValueTask<IReadOnlyList<UserEntry>> Judge(RoomId roomId, IReadOnlyList<ReceiptRequest> receipts)
    {
        var room = await database.Rooms.Find(roomId);
        if (room is null || (await database.Memberships.Get(room.Nid, user))?.Membership != Membership.Join)
        {
            throw new MatrixException(MatrixError.Forbidden, "You are not in this room");
        }

        var rows = await database.Receipts.OfUser(room.Nid, user);
        var entries = new List<UserEntry>();
        foreach (var receipt in receipts)
        {
            var target = await Target(room.Nid, receipt);
            if (receipt.Type == ReceiptTypes.FullyRead)
            {
                if (await FullyReadSeq(room.Nid) is not { } marker || marker < target.RoomSeq || (receipt.AllowBackward && marker > target.RoomSeq))
                {
                    entries.Add(new AccountDataSet(user.Value, room.Nid, roomId.Value, AccountDataTypes.FullyRead, FullyRead(receipt.Event)));
                }

                continue;
            }

            var thread = receipt.Thread ?? "";
            if (!rows.Any(r => r.Type == receipt.Type && r.Thread == thread && r.RoomSeq >= target.RoomSeq))
            {
                entries.Add(new ReceiptSet(user.Value, room.Nid, receipt.Type, thread, receipt.Event.Value, target.RoomSeq, time.GetUtcNow().ToUnixTimeMilliseconds()));
            }
        }

        return entries;
    }

    /// <summary>The event that a receipt is for, when the receipt fits it.</summary>
    private async ValueTask<StoredEvent> Target(long roomNid, ReceiptRequest receipt)
    {
        if (!ReceiptTypes.IsReceipt(receipt.Type) && receipt.Type != ReceiptTypes.FullyRead)
        {
            throw new MatrixException(MatrixError.InvalidParam, "The receipt type must be m.read, m.read.private or m.fully_read");
        }

        if (receipt.Thread is not null && receipt.Type == ReceiptTypes.FullyRead)
        {
            throw new MatrixException(MatrixError.InvalidParam, "thread_id does not go with m.fully_read");
        }

        if (receipt.Thread is { } id && id != ReceiptTypes.MainThread && !EventId.TryParse(id, out _))
        {
            throw new MatrixException(MatrixError.InvalidParam, "thread_id must be main or an event ID");
        }

        var target = await database.Rooms.EventById(roomNid, receipt.Event);
        if (target?.RoomSeq is null)
        {
            throw new MatrixException(MatrixError.InvalidParam, "The event is not in this room");
        }

        return receipt.Thread is null || await IsIn(roomNid, target, receipt.Thread)
            ? target
            : throw new MatrixException(MatrixError.InvalidParam, $"The event is not related to the thread {receipt.Thread}");
    }

    /// <summary>Whether a receipt in this thread may name the event: the thread's events, what relates to them, and the root itself.</summary>
    private async ValueTask<bool> IsIn(long roomNid, StoredEvent target, string thread)
    {
        if (thread == ReceiptTypes.MainThread)
        {
            return target.ThreadRoot is null;
        }

        StoredEvent? e = target;
        for (var hop = 0; e is not null; hop++)
        {
            if (e.EventId == thread || e.ThreadRoot == thread)
            {
                return true;
            }

            e = hop < HopsMax && RelatesTo(e) is { } parent ? await database.Rooms.EventById(roomNid, parent) : null;
        }

        return false;
    }

    private static EventId? RelatesTo(StoredEvent e) =>
        JsonElement.Parse(e.Json.Span) is var root
        && root.TryGetProperty("content"u8, out var content) && content.ValueKind == JsonValueKind.Object
        && content.TryGetProperty("m.relates_to"u8, out var relates) && relates.ValueKind == JsonValueKind.Object
        && relates.TryGetProperty("event_id"u8, out var id) && id.ValueKind == JsonValueKind.String && EventId.TryParse(id.GetString(), out var parent)
            ? parent
            : null;

    /// <summary>Where the fully-read marker stands; <c>null</c> where it stands nowhere.</summary>
    private async ValueTask<long?> FullyReadSeq(long roomNid)
    {
        if ((await database.AccountData.Get(user, roomNid, AccountDataTypes.FullyRead))?.Json is not { } json)
        {
            return null;
        }

        var marker = JsonElement.Parse(json.Span).GetProperty("event_id"u8).GetString();
        return (await database.Rooms.EventById(roomNid, EventId.Parse(marker!)))?.RoomSeq;
    }

    private static byte[] FullyRead(EventId id) => Encoding.UTF8.GetBytes($$"""{"event_id":{{JsonSerializer.Serialize(id.Value)}}}""");
}
