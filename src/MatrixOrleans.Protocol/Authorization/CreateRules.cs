using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 1: "If type is m.room.create".</summary>
internal static class CreateRules
{
    public static Verdict Check(Pdu pdu)
    {
        var version = pdu.Version;

        // 1. If it has any prev_events, reject.
        if (!pdu.PrevEvents.IsEmpty)
        {
            return Verdict.Reject("m.room.create has prev_events");
        }

        if (version.RoomIdIsCreateHash)
        {
            // 2. If the event has a room_id, reject.
            if (pdu.Root.TryGetProperty("room_id", out _))
            {
                return Verdict.Reject("m.room.create has a room_id");
            }
        }
        else if (pdu.RoomId.Value.IndexOf(':') is var colon
            && (colon < 0 || !pdu.RoomId.Value.AsSpan(colon + 1).SequenceEqual(pdu.Sender.ServerNameSpan)))
        {
            // v1-v11: 2. If the domain of the room_id does not match the domain of the sender, reject.
            return Verdict.Reject("the domain of room_id is not the sender's");
        }

        // 3. If content.room_version is present and is not a recognised version, reject.
        // NOTSPEC: nor is one recognised that differs from the version by whose rules the event was read.
        var stated = "1";
        if (pdu.Content.TryGetProperty("room_version", out var roomVersion))
        {
            stated = roomVersion.ValueKind == JsonValueKind.String ? roomVersion.GetString() : null;
        }

        if (stated != version.Id)
        {
            return Verdict.Reject("room_version is not recognised");
        }

        // v1-v10: 4. If content has no creator property, reject.
        if (version.CreatorInContent && !pdu.Content.TryGetProperty("creator", out _))
        {
            return Verdict.Reject("m.room.create has no creator");
        }

        // Since v12: 4. If additional_creators is present in content and is not an array of strings where each string passes the same
        // user ID validation applied to sender, reject.
        if (version.PrivilegedCreators && pdu.Content.TryGetProperty("additional_creators", out var creators) && !AreUserIds(creators))
        {
            return Verdict.Reject("additional_creators is no list of user IDs");
        }

        // 5. Otherwise, allow.
        return Verdict.Allow;
    }

    private static bool AreUserIds(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array
        && list.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String && UserId.IsValid(entry.GetString()));
}
