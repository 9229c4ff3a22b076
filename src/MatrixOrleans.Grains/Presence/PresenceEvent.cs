using System.Text.Json;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Grains.Presence;

/// <summary>The event <c>m.presence</c> as clients see it (Client-Server API, "Presence").</summary>
internal static class PresenceEvent
{
    public const string Type = "m.presence";

    public static void Write(Utf8JsonWriter writer, PresenceView view, long nowMs)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteString("sender"u8, view.User.Value);
        writer.WriteStartObject("content"u8);
        writer.WriteString("presence"u8, view.Presence.Name());
        if (view.LastActiveMs is { } active)
        {
            writer.WriteNumber("last_active_ago"u8, Math.Max(0, nowMs - active));
        }

        if (view.Presence != PresenceState.Offline)
        {
            writer.WriteBoolean("currently_active"u8, view.CurrentlyActive);
        }

        if (view.StatusMessage is { } status)
        {
            writer.WriteString("status_msg"u8, status);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
