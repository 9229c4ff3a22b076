using System.Diagnostics;
using System.Text.Json;

namespace MatrixOrleans.Conformance.Client;

/// <summary>/sync, as most tests want it.</summary>
public static class SyncCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>One sync; the initial one without a token. <paramref name="filter"/> is a filter id or an inline filter.</summary>
    public static async Task<JsonElement> Sync(this TestClient client, string? since = null, string? filter = null, int timeoutMs = 0, bool fullState = false, bool stateAfter = false)
    {
        FormattableString path = $"/v3/sync?timeout={timeoutMs}&full_state={(fullState ? "true" : "false")}&use_state_after={(stateAfter ? "true" : "false")}";
        string query = ClientPath.From(path);
        query += since is null ? "" : $"&since={Uri.EscapeDataString(since)}";
        query += filter is null ? "" : $"&filter={Uri.EscapeDataString(filter)}";
        return (await client.Get(System.Runtime.CompilerServices.FormattableStringFactory.Create(query.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal)))).Ok();
    }

    /// <summary>The token of a sync that has everything up to now.</summary>
    public static async Task<string> SyncToken(this TestClient client) => (await client.Sync()).Str("next_batch");

    /// <summary>
    /// Syncs from a token until one answer satisfies the condition, long-polling, and returns that answer. What earlier answers held is not seen again,
    /// as for every client.
    /// </summary>
    public static async Task<JsonElement> SyncUntil(this TestClient client, string since, Func<JsonElement, bool> condition, string? filter = null, bool stateAfter = false)
    {
        long started = Stopwatch.GetTimestamp();
        List<string> seen = [];
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            JsonElement answer = await client.Sync(since, filter, timeoutMs: 2000, stateAfter: stateAfter);
            if (condition(answer))
            {
                return answer;
            }
            seen.Add(answer.GetRawText());
            since = answer.Str("next_batch");
        }
        throw new TimeoutException($"{client.UserId} waited {Patience.TotalSeconds} s in /sync in vain; it got: {string.Join('\n', seen)}");
    }

    /// <summary>Syncs until an event is in the timeline of a joined room.</summary>
    public static Task<JsonElement> SyncUntilEvent(this TestClient client, string since, string room, string eventId) =>
        client.SyncUntil(since, s => s.Timeline(room).Any(e => e.Str("event_id") == eventId));

    /// <summary>
    /// A long poll that surely waits: of two of one device the newer ends the older, so when one has ended the other is with the server.
    /// </summary>
    public static async Task<Task<T>> SurelyWaiting<T>(Func<Task<T>> poll)
    {
        Task<T> one = poll();
        Task<T> other = poll();
        return await Task.WhenAny(one, other) == one ? other : one;
    }

    /// <summary>A joined room's section; undefined when the answer does not have it.</summary>
    public static JsonElement Joined(this JsonElement sync, string room) => sync.Has("rooms", "join", room) ? sync.At("rooms", "join", room) : default;

    /// <summary>The timeline of a joined room; empty when the answer does not have the room.</summary>
    public static JsonElement[] Timeline(this JsonElement sync, string room) => sync.List("rooms", "join", room, "timeline", "events");

    /// <summary>The state of a joined room; empty when the answer does not have the room.</summary>
    public static JsonElement[] StateOf(this JsonElement sync, string room) => sync.List("rooms", "join", room, "state", "events");

    /// <summary>The ephemeral events of a joined room; empty when the answer does not have the room.</summary>
    public static JsonElement[] Ephemeral(this JsonElement sync, string room) => sync.List("rooms", "join", room, "ephemeral", "events");
}
