using System.Runtime.CompilerServices;
using System.Text.Json;

namespace MatrixOrleans.Conformance.Client;

/// <summary>Sliding sync, as most tests want it.</summary>
public static class SlidingCalls
{
    /// <summary>What most lists ask for.</summary>
    public static readonly object[][] NameOnly = [["m.room.name", ""]];

    /// <summary>One request in the shape of today's clients, whatever comes of it.</summary>
    public static Task<Answer> TrySlide(this TestClient client, object body, string? pos = null, int timeoutMs = 0)
    {
        string path = $"/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout={timeoutMs}" + (pos is null ? "" : $"&pos={Uri.EscapeDataString(pos)}");
        return client.Post(FormattableStringFactory.Create(path), body);
    }

    /// <summary>One request that must succeed.</summary>
    public static async Task<JsonElement> Slide(this TestClient client, object body, string? pos = null, int timeoutMs = 0) => (await client.TrySlide(body, pos, timeoutMs)).Ok();

    /// <summary>A body with one list, named <c>all</c>.</summary>
    public static Dictionary<string, object> List(
        int to = 99, int timeline = 10, object[][]? state = null, object? filters = null, object? subscriptions = null, object? extensions = null, string? connection = null)
    {
        Dictionary<string, object> list = new() { ["ranges"] = new int[][] { [0, to] }, ["timeline_limit"] = timeline, ["required_state"] = state ?? NameOnly };
        if (filters is not null)
        {
            list["filters"] = filters;
        }
        Dictionary<string, object> body = new() { ["lists"] = new Dictionary<string, object> { ["all"] = list } };
        if (subscriptions is not null)
        {
            body["room_subscriptions"] = subscriptions;
        }
        if (extensions is not null)
        {
            body["extensions"] = extensions;
        }
        if (connection is not null)
        {
            body["conn_id"] = connection;
        }
        return body;
    }

    /// <summary>The body with one extension.</summary>
    public static Dictionary<string, object> Only(string extension, object? wanted = null, string? connection = null)
    {
        Dictionary<string, object> body = new() { ["extensions"] = new Dictionary<string, object> { [extension] = wanted ?? new { enabled = true } } };
        if (connection is not null)
        {
            body["conn_id"] = connection;
        }
        return body;
    }

    /// <summary>Slides on until an answer satisfies the condition, long-polling.</summary>
    public static async Task<JsonElement> SlideUntil(this TestClient client, object body, string pos, Func<JsonElement, bool> condition)
    {
        const int answersMax = 10;
        List<string> seen = [];
        for (int i = 0; i < answersMax; i++)
        {
            JsonElement answer = await client.Slide(body, pos, timeoutMs: 2000);
            if (condition(answer))
            {
                return answer;
            }
            seen.Add(answer.GetRawText());
            pos = answer.Str("pos");
        }
        throw new TimeoutException($"{client.UserId} slid in vain; it got: {string.Join('\n', seen)}");
    }
}
