using System.Text.Json;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>What an <c>m.room.guest_access</c> says (Client-Server API, "Guest access").</summary>
public static class GuestAccess
{
    public static bool CanJoin(JsonElement content) =>
        content.TryGetProperty("guest_access", out var value) && value.ValueKind == JsonValueKind.String && value.ValueEquals("can_join"u8);
}
