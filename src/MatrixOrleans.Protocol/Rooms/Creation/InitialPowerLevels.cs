using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Content;

namespace MatrixOrleans.Protocol.Rooms.Creation;

/// <summary>The first <c>m.room.power_levels</c> of a room (Client-Server API, "createRoom", step 3).</summary>
internal static class InitialPowerLevels
{
    private const int Administrator = 100;

    private const int Moderator = 50;

    /// <summary>Above every administrator: since v12 upgrading a room is its creators' right.</summary>
    private const int TombstoneOfCreators = 150;

    private static readonly (string Type, int Level)[] EventLevels =
    [
        (EventTypes.Name, Moderator),
        (EventTypes.Avatar, Moderator),
        (EventTypes.CanonicalAlias, Moderator),
        (EventTypes.PowerLevels, Administrator),
        (EventTypes.HistoryVisibility, Administrator),
        (EventTypes.ServerAcl, Administrator),
        (EventTypes.Encryption, Administrator),
    ];

    /// <exception cref="MatrixException">M_INVALID_ROOM_STATE when the override makes no valid power levels of the room version.</exception>
    public static ReadOnlyMemory<byte> Write(CreateRoomRequest request, UserId creator, RoomVersion version, IReadOnlyList<UserId> additionalCreators)
    {
        // The override's members replace whole members of the default; only the tombstone's level is put back.
        var content = ContentWriter.Write(writer =>
        {
            var over = request.PowerLevelOverride;
            WriteUnless(over, writer, "users", () => WriteUsers(writer, request, creator, version));
            WriteUnless(over, writer, "users_default", () => writer.WriteNumberValue(0));
            writer.WritePropertyName("events"u8);
            WriteEvents(writer, over, version);
            WriteUnless(over, writer, "events_default", () => writer.WriteNumberValue(0));
            WriteUnless(over, writer, "state_default", () => writer.WriteNumberValue(Moderator));
            WriteUnless(over, writer, "ban", () => writer.WriteNumberValue(Moderator));
            WriteUnless(over, writer, "kick", () => writer.WriteNumberValue(Moderator));
            WriteUnless(over, writer, "redact", () => writer.WriteNumberValue(Moderator));
            WriteUnless(over, writer, "invite", () => writer.WriteNumberValue(request.Preset == RoomPreset.PublicChat ? Moderator : 0));
            if (over is { } members)
            {
                foreach (var member in members.EnumerateObject().Where(m => m.Name != "events"))
                {
                    member.WriteTo(writer);
                }
            }
        });
        var element = JsonElement.Parse(content.Span);
        if (PowerLevelsContent.Fault(element, version) is { } fault)
        {
            throw new MatrixException(MatrixError.InvalidRoomState, fault);
        }

        if (version.PrivilegedCreators && element.GetProperty("users").EnumerateObject().Any(u => u.Name == creator.Value || additionalCreators.Any(c => c.Value == u.Name)))
        {
            throw new MatrixException(MatrixError.InvalidRoomState, "Creators of the room cannot be given a power level");
        }

        return content;
    }

    private static void WriteUnless(JsonElement? over, Utf8JsonWriter writer, string name, Action value)
    {
        if (over?.TryGetProperty(name, out _) != true)
        {
            writer.WritePropertyName(name);
            value();
        }
    }

    private static void WriteUsers(Utf8JsonWriter writer, CreateRoomRequest request, UserId creator, RoomVersion version)
    {
        writer.WriteStartObject();
        if (!version.PrivilegedCreators)
        {
            writer.WriteNumber(creator.Value, Administrator);
            if (request.Preset == RoomPreset.TrustedPrivateChat)
            {
                foreach (var user in request.Invites.Where(u => u != creator))
                {
                    writer.WriteNumber(user.Value, Administrator);
                }
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter writer, JsonElement? over, RoomVersion version)
    {
        if (over?.TryGetProperty("events", out var replaced) == true)
        {
            if (replaced.ValueKind != JsonValueKind.Object)
            {
                throw new MatrixException(MatrixError.InvalidRoomState, "events must be an object");
            }

            writer.WriteStartObject();
            foreach (var member in replaced.EnumerateObject())
            {
                member.WriteTo(writer);
            }

            if (version.PrivilegedCreators && !replaced.TryGetProperty(EventTypes.Tombstone, out _))
            {
                writer.WriteNumber(EventTypes.Tombstone, TombstoneLevel(over));
            }

            writer.WriteEndObject();
            return;
        }

        writer.WriteStartObject();
        foreach (var (type, level) in EventLevels)
        {
            writer.WriteNumber(type, level);
        }

        writer.WriteNumber(EventTypes.Tombstone, version.PrivilegedCreators ? TombstoneLevel(over) : Administrator);
        writer.WriteEndObject();
    }

    /// <summary>Higher than <c>state_default</c>, as room versions since 12 demand.</summary>
    private static long TombstoneLevel(JsonElement? over) =>
        over?.TryGetProperty("state_default", out var state) == true && state.ValueKind == JsonValueKind.Number && state.TryGetInt64(out var level) && level >= TombstoneOfCreators
            ? Math.Min(level + 1, CanonicalJson.IntegerMax)
            : TombstoneOfCreators;
}
