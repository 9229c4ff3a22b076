using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// What is taken from a template that another server made (make_join, make_leave, make_knock): the place in the graph, and who authorises a restricted join. All
/// else is ours, so that nothing is ever signed that somebody else wrote.
/// </summary>
internal sealed record RemoteTemplate(RoomVersion Version, IReadOnlyList<EventReference> PrevEvents, IReadOnlyList<EventReference> AuthEvents, long Depth, string? Authoriser)
{
    private const long DepthMax = (1L << 53) - 1;

    /// <returns><c>null</c> when the answer is not for this user, room and membership, or is malformed.</returns>
    public static RemoteTemplate? Read(JsonElement answer, RoomId room, UserId user, string membership)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("event", out var e) || e.ValueKind != JsonValueKind.Object
            || !RoomVersions.TryGet(answer.TryGetProperty("room_version", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : "1", out var version)
            || Text(e, "type") != EventTypes.Member || Text(e, "room_id") != room.Value || Text(e, "sender") != user.Value || Text(e, "state_key") != user.Value
            || !e.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Object || Text(content, "membership") != membership
            || References(e, "prev_events", version, PduReader.PrevEventsMax) is not { Count: > 0 } prev
            || References(e, "auth_events", version, PduReader.AuthEventsMax) is not { } auth
            || !e.TryGetProperty("depth", out var depth) || depth.ValueKind != JsonValueKind.Number || !depth.TryGetInt64(out var d) || d is < 0 or > DepthMax)
        {
            return null;
        }

        return new RemoteTemplate(version, prev, auth, d, Text(content, "join_authorised_via_users_server") is { } via && UserId.TryParse(via, out _) ? via : null);
    }

    /// <summary>The event that the template is for.</summary>
    public EventTemplate Event(RoomId room, UserId user, string membership, string? reason, string? displayName, string? avatarUrl, long nowMs) => new()
    {
        RoomId = room,
        Type = EventTypes.Member,
        StateKey = user.Value,
        Sender = user,
        Content = Content(membership, reason, displayName, avatarUrl),
        OriginServerTs = nowMs,
        Depth = Depth,
        PrevEvents = PrevEvents,
        AuthEvents = AuthEvents,
    };

    private ReadOnlyMemory<byte> Content(string membership, string? reason, string? displayName, string? avatarUrl)
    {
        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("membership"u8, membership);
        Optional("displayname", displayName);
        Optional("avatar_url", avatarUrl);
        Optional("reason", reason);
        Optional("join_authorised_via_users_server", membership == "join" ? Authoriser : null);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;

        void Optional(string name, string? value)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }
    }

    private static List<EventReference>? References(JsonElement e, string name, RoomVersion version, int most)
    {
        if (!e.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > most)
        {
            return null;
        }

        var references = new List<EventReference>();
        foreach (var entry in list.EnumerateArray())
        {
            var (id, hash) = (entry, (byte[]?)null);
            if (version.EventIds == EventIdFormat.Chosen)
            {
                if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[1].ValueKind != JsonValueKind.Object
                    || !UnpaddedBase64.TryDecode(Text(entry[1], "sha256"), out var bytes))
                {
                    return null;
                }

                (id, hash) = (entry[0], bytes);
            }

            if (id.ValueKind != JsonValueKind.String || !EventId.TryParse(id.GetString(), out var parsed))
            {
                return null;
            }

            references.Add(new EventReference(parsed, hash));
        }

        return references;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
