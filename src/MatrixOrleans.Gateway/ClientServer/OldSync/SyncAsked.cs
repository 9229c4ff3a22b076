using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Gateway.ClientServer.OldSync;

/// <summary>The operations from before <c>/sync</c> are answered from the same engine: they ask it and tell its answer in the old form.</summary>
internal static class SyncAsked
{
    /// <summary>A filter under which an initial sync is nothing but a token.</summary>
    private const string NothingFilter =
        """{"room":{"rooms":[]},"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]}}""";

    /// <summary>One slice of a sync, apart from those of the user's devices: it takes no message to a device.</summary>
    public static async ValueTask<JsonElement> Ask(ClientRequest request, string? since, string filter, int waitMs = 0, bool stateAfter = false, bool presence = false)
    {
        var answer = await request.Grains.GetGrain<IUserSyncGrain>(request.User.Value).Sync(
            new SyncRequest
            {
                DeviceId = null,
                Since = since,
                Filter = filter,
                WaitMs = Math.Clamp(waitMs, 0, SyncRequest.WaitMsMax),
                UseStateAfter = stateAfter,
                IsGuest = request.Session.IsGuest,
                SetPresence = presence && request.Options.Presence ? PresenceState.Online : null,
            },
            request.Aborted);
        return JsonElement.Parse(answer.Body.Span);
    }

    /// <summary>The token of this moment.</summary>
    public static async ValueTask<string> Now(ClientRequest request) => Token(await Ask(request, null, NothingFilter, presence: true));

    public static string Token(JsonElement sync) => sync.GetProperty("next_batch").GetString()!;

    /// <summary>The rooms of a section, <c>join</c> or another.</summary>
    public static IEnumerable<JsonProperty> Rooms(JsonElement sync, string section) =>
        sync.TryGetProperty("rooms", out var rooms) && rooms.TryGetProperty(section, out var of) ? of.EnumerateObject() : [];

    /// <summary>The <c>events</c> of a part such as <c>timeline</c>; none when the part is missing.</summary>
    public static IEnumerable<JsonElement> Events(JsonElement parent, string part) =>
        parent.TryGetProperty(part, out var of) && of.TryGetProperty("events", out var events) ? events.EnumerateArray() : [];

    /// <summary>Presence in its old form, which names the user in the content too.</summary>
    public static IEnumerable<JsonElement> Presence(JsonElement sync)
    {
        foreach (var json in Events(sync, "presence"))
        {
            var old = JsonNode.Parse(json.GetRawText())!;
            old["content"]!["user_id"] = json.GetProperty("sender").GetString();
            yield return old.Deserialize<JsonElement>();
        }
    }

    /// <summary>Writes an event with the room that it belongs to, which <c>/sync</c> leaves to the place of the event.</summary>
    public static void WriteEvent(this Utf8JsonWriter writer, JsonElement json, string? roomId)
    {
        writer.WriteStartObject();
        foreach (var member in json.EnumerateObject())
        {
            member.WriteTo(writer);
        }

        if (roomId is not null && !json.TryGetProperty("room_id", out _))
        {
            writer.WriteString("room_id", roomId);
        }

        writer.WriteEndObject();
    }

    public static void WriteEvents(this Utf8JsonWriter writer, string name, IEnumerable<JsonElement> events, string? roomId)
    {
        writer.WriteStartArray(name);
        foreach (var json in events)
        {
            writer.WriteEvent(json, roomId);
        }

        writer.WriteEndArray();
    }

    /// <summary>Whether this is the member event of the user.</summary>
    public static bool IsMemberEvent(JsonElement json, string userId) =>
        json.GetProperty("type").GetString() == "m.room.member" && json.TryGetProperty("state_key", out var key) && key.GetString() == userId;
}
