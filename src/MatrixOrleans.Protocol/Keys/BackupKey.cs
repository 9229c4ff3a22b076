using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>
/// A session's key in a backup (Client-Server API, "Server-side key backups"). Of two the better is kept: the verified one, then the one with the lower
/// <see cref="FirstMessageIndex"/>, then the one with the lower <see cref="ForwardedCount"/>.
/// </summary>
/// <param name="SessionData">JSON, made by the client.</param>
public sealed record BackupKey(string RoomId, string SessionId, long FirstMessageIndex, long ForwardedCount, bool IsVerified, string SessionData)
{
    /// <summary>Most keys of one request.</summary>
    public const int KeysMax = 20_000;

    private const int NameBytesMax = 255;
    private const int DataBytesMax = 64 * 1024;
    private const long IntegerMax = (1L << 53) - 1;

    /// <summary>One key.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON.</exception>
    public static BackupKey Read(string room, string session, JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || !IsName(room) || !IsName(session))
        {
            throw Bad($"Key data must be an object, and rooms and sessions be named in 1 to {NameBytesMax} bytes");
        }

        // NOTSPEC: session_data is an object for the one algorithm that there is. Clients of other algorithms store a text.
        if (!key.TryGetProperty("session_data"u8, out var data) || data.ValueKind is not (JsonValueKind.Object or JsonValueKind.String)
            || JsonMarshal.GetRawUtf8Value(data).Length > DataBytesMax)
        {
            throw Bad($"session_data must be an object of {DataBytesMax} bytes at most");
        }

        if (!key.TryGetProperty("is_verified"u8, out var verified) || verified.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw Bad("is_verified must be a boolean");
        }

        return new BackupKey(
            room,
            session,
            Integer(key, "first_message_index"),
            Integer(key, "forwarded_count"),
            verified.GetBoolean(),
            Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(data)));
    }

    /// <summary>The <c>sessions</c> of a room.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON.</exception>
    public static IReadOnlyList<BackupKey> ReadRoom(string room, JsonElement body) => Bounded(Room(room, body));

    /// <summary>The <c>rooms</c> of a whole backup.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON.</exception>
    public static IReadOnlyList<BackupKey> ReadRooms(JsonElement body) =>
        Bounded((JsonMembers.Object(body, "rooms") ?? throw Bad("rooms is missing")).EnumerateObject().SelectMany(room => Room(room.Name, room.Value)));

    /// <summary>Writes the key data as it was stored.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("first_message_index"u8, FirstMessageIndex);
        writer.WriteNumber("forwarded_count"u8, ForwardedCount);
        writer.WriteBoolean("is_verified"u8, IsVerified);
        writer.WritePropertyName("session_data"u8);
        writer.WriteRawValue(SessionData, skipInputValidation: true);
        writer.WriteEndObject();
    }

    private static bool IsName(string text) => Encoding.UTF8.GetByteCount(text) is > 0 and <= NameBytesMax;

    private static IEnumerable<BackupKey> Room(string room, JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && JsonMembers.Object(body, "sessions") is { } sessions
            ? sessions.EnumerateObject().Select(session => Read(room, session.Name, session.Value))
            : throw Bad("sessions is missing");

    private static List<BackupKey> Bounded(IEnumerable<BackupKey> keys)
    {
        var taken = keys.Take(KeysMax + 1).ToList();
        return taken.Count <= KeysMax ? taken : throw Bad($"{KeysMax} keys can be stored at once at most");
    }

    private static long Integer(JsonElement key, string name) =>
        key.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var value) && value is >= 0 and <= IntegerMax
            ? value
            : throw Bad($"{name} must be a non-negative integer");

    private static MatrixException Bad(string text) => new(MatrixError.BadJson, text);
}
