using System.Text.Json;

namespace MatrixOrleans.Conformance.Client;

/// <summary>What clients do in rooms, as most tests want it: it must succeed, and the ids come back.</summary>
public static class RoomCalls
{
    /// <summary>Creates a room and returns its id.</summary>
    public static async Task<string> CreateRoom(this TestClient client, object? options = null) => (await client.Post($"/v3/createRoom", options)).Ok().Str("room_id");

    /// <summary>Creates a public room that everybody may join.</summary>
    public static Task<string> CreatePublicRoom(this TestClient client) => client.CreateRoom(new { preset = "public_chat" });

    /// <summary>Joins by id or alias.</summary>
    public static async Task<string> Join(this TestClient client, string room) => (await client.Post($"/v3/join/{room}")).Ok().Str("room_id");

    /// <summary>Leaves.</summary>
    public static async Task Leave(this TestClient client, string room) => (await client.Post($"/v3/rooms/{room}/leave")).Ok();

    /// <summary>Invites.</summary>
    public static async Task Invite(this TestClient client, string room, TestClient whom) => (await client.Post($"/v3/rooms/{room}/invite", new { user_id = whom.UserId })).Ok();

    /// <summary>Sends a text message and returns its event id.</summary>
    public static Task<string> Say(this TestClient client, string room, string text) => client.SendEvent(room, "m.room.message", new { msgtype = "m.text", body = text });

    /// <summary>Sends any message-like event and returns its event id.</summary>
    public static async Task<string> SendEvent(this TestClient client, string room, string type, object content) =>
        (await client.Put($"/v3/rooms/{room}/send/{type}/{client.NewTxnId()}", content)).Ok().Str("event_id");

    /// <summary>Sets a piece of state and returns its event id.</summary>
    public static async Task<string> SetState(this TestClient client, string room, string type, object content, string key = "") =>
        (await client.Put($"/v3/rooms/{room}/state/{type}/{key}", content)).Ok().Str("event_id");

    /// <summary>The content of a piece of current state.</summary>
    public static async Task<JsonElement> State(this TestClient client, string room, string type, string key = "") => (await client.Get($"/v3/rooms/{room}/state/{type}/{key}")).Ok();

    /// <summary>The whole current state.</summary>
    public static async Task<JsonElement[]> FullState(this TestClient client, string room) => [.. (await client.Get($"/v3/rooms/{room}/state")).Ok().EnumerateArray()];

    /// <summary>Redacts an event and returns the redaction's id.</summary>
    public static async Task<string> Redact(this TestClient client, string room, string eventId, object? content = null) =>
        (await client.Put($"/v3/rooms/{room}/redact/{eventId}/{client.NewTxnId()}", content)).Ok().Str("event_id");

    /// <summary>One event.</summary>
    public static async Task<JsonElement> Event(this TestClient client, string room, string eventId) => (await client.Get($"/v3/rooms/{room}/event/{eventId}")).Ok();

    /// <summary>A user's membership as the client sees it in the current state.</summary>
    public static async Task<string> MembershipOf(this TestClient client, string room, TestClient whom) => (await client.State(room, "m.room.member", whom.UserId)).Str("membership");

    /// <summary>Every event that /messages gives, page by page, newest first for <c>b</c> and oldest first for <c>f</c>.</summary>
    public static async Task<List<JsonElement>> WalkMessages(this TestClient client, string room, string direction = "b", int limit = 50, string? from = null)
    {
        const int pagesMax = 10_000;
        List<JsonElement> events = [];
        for (int page = 0; page < pagesMax; page++)
        {
            JsonElement answer = (await (from is null
                ? client.Get($"/v3/rooms/{room}/messages?dir={direction}&limit={limit}")
                : client.Get($"/v3/rooms/{room}/messages?dir={direction}&limit={limit}&from={from}"))).Ok();
            events.AddRange(answer.List("chunk"));
            if (!answer.Has("end"))
            {
                return events;
            }
            Assert.NotEqual(from, answer.Str("end"));
            from = answer.Str("end");
        }
        throw new InvalidOperationException($"/messages of {room} did not end after {pagesMax} pages.");
    }
}
