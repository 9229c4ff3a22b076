using System.Text.Json;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>Account data by which a user blocks invitations (Client-Server API, "Invite permission").</summary>
public static class InvitePermission
{
    public const string AccountDataType = "m.invite_permission_config";

    /// <param name="content">The account data's content; <c>null</c> when the user has none.</param>
    public static bool Blocks(JsonElement? content) =>
        content is { ValueKind: JsonValueKind.Object } config && config.TryGetProperty("default_action", out var action)
        && action.ValueKind == JsonValueKind.String && action.ValueEquals("block"u8);
}
