using System.Text.Json;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>Read receipts of other servers' users (<c>m.receipt</c>). One for an event that is not here yet waits for it.</summary>
public sealed class ReceiptReceiver(Database database, RoomGate gate)
{
    /// <summary>Receipts of one message.</summary>
    private const int ReceiptsMax = 1000;

    private readonly UserLog _log = new(database);

    public async Task Receive(ServerName origin, ServerName tenant, JsonElement content)
    {
        var entries = new List<UserEntry>();
        foreach (var member in content.EnumerateObject())
        {
            if (RoomId.TryParse(member.Name, out var id) && member.Value.ValueKind == JsonValueKind.Object
                && member.Value.TryGetProperty(ReceiptTypes.Read, out var users) && users.ValueKind == JsonValueKind.Object
                && await gate.Enter(id, origin, tenant) is { } room)
            {
                foreach (var user in users.EnumerateObject().Take(ReceiptsMax - entries.Count))
                {
                    if (await Entry(origin, room, user) is { } entry)
                    {
                        entries.Add(entry);
                    }
                }
            }
        }

        if (entries.Count > 0)
        {
            await _log.Write(entries);
        }
    }

    private async ValueTask<ReceiptSet?> Entry(ServerName origin, RoomRecord room, JsonProperty receipt)
    {
        if (!UserId.TryParse(receipt.Name, out var user) || user.ServerName != origin || receipt.Value.ValueKind != JsonValueKind.Object
            || !receipt.Value.TryGetProperty("event_ids"u8, out var ids) || ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() == 0
            || ids[0].ValueKind != JsonValueKind.String || !EventId.TryParse(ids[0].GetString(), out var eventId)
            || !receipt.Value.TryGetProperty("data"u8, out var data) || data.ValueKind != JsonValueKind.Object
            || !data.TryGetProperty("ts"u8, out var at) || at.ValueKind != JsonValueKind.Number || !at.TryGetInt64(out var ts) || ts < 0)
        {
            return null;
        }

        var thread = EduReceiver.Text(data, "thread_id") ?? "";
        if ((thread.Length > 0 && thread != ReceiptTypes.MainThread && !EventId.TryParse(thread, out _))
            || (await database.Memberships.Get(room.Nid, user))?.Membership != Membership.Join)
        {
            return null;
        }

        var seq = (await database.Rooms.EventById(room.Nid, eventId))?.RoomSeq;
        var isOld = seq is not null && (await database.Receipts.OfUser(room.Nid, user)).Any(row => row.Type == ReceiptTypes.Read && row.Thread == thread && row.RoomSeq >= seq);
        return isOld ? null : new ReceiptSet(user.Value, room.Nid, ReceiptTypes.Read, thread, eventId.Value, seq, ts);
    }
}
