using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Gateway.ClientServer.OldSync;

/// <summary>
/// What happened since a token, as one list (Client-Server API, <c>GET /events</c>, deprecated). With <c>room_id</c> (<c>peekEvents</c>), of one room,
/// which the user need not be in when the world may read it.
/// </summary>
internal static class GetEvents
{
    /// <summary>Longest time-out that a client is granted.</summary>
    private const int TimeoutMsMax = 120_000;

    private const int EventsMax = 500;
    private const string EverythingFilter = """{"room":{"timeline":{"limit":500}}}""";

    /// <summary>How often a room is looked at that the user is not in: nothing wakes such a reader.</summary>
    private static readonly TimeSpan PeekInterval = TimeSpan.FromMilliseconds(500);

    public static readonly Endpoint Endpoint = new("getEvents", "GET", "/_matrix/client/v3/events", Access.UserOrGuest, Handle) { AlsoOperations = ["peekEvents"] };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var timeoutMs = request.QueryInteger("timeout", 0, TimeoutMsMax);

        // Nobody says any more what it does, but what is no number is refused.
        _ = request.QueryInteger("limit", EventsMax, EventsMax);
        var from = request.Query("from") is { Length: > 0 } given ? given : null;
        if (from is not null)
        {
            _ = PageToken.FromRequest(from);
        }

        from ??= await SyncAsked.Now(request);
        if (request.Query("room_id") is { } room && await IsStranger(request, RoomId.FromRequest(room)))
        {
            return await Peek(request, RoomId.FromRequest(room), from, timeoutMs);
        }

        return await Stream(request, from, timeoutMs);
    }

    private static async ValueTask<Answer> Stream(ClientRequest request, string from, int timeoutMs)
    {
        var since = SyncToken.TryParse(from, out _) ? from : throw new MatrixException(MatrixError.InvalidParam, "from is no token of the event stream");
        var started = request.Time.GetTimestamp();
        while (true)
        {
            var askedAt = request.Time.GetTimestamp();
            var left = timeoutMs - (int)request.Time.GetElapsedTime(started).TotalMilliseconds;
            var sync = await SyncAsked.Ask(request, since, EverythingFilter, left, presence: true);
            since = SyncAsked.Token(sync);
            var events = Told(sync, request.User.Value).ToList();
            left = timeoutMs - (int)request.Time.GetElapsedTime(started).TotalMilliseconds;
            var endedEarly = request.Time.GetElapsedTime(askedAt) < TimeSpan.FromMilliseconds(100);
            if (events.Count > 0 || left <= 0 || endedEarly || request.Aborted.IsCancellationRequested)
            {
                return Chunk(from, since, writer =>
                {
                    foreach (var (room, json) in events)
                    {
                        writer.WriteEvent(json, room);
                    }
                });
            }
        }
    }

    private static async ValueTask<Answer> Peek(ClientRequest request, RoomId room, string from, int timeoutMs)
    {
        var reader = request.Grains.GetGrain<IRoomReaderGrain>(room.Value);
        var started = request.Time.GetTimestamp();
        while (true)
        {
            var page = await reader.Messages(EventArrays.Viewer(request), new MessagesQuery { From = from, Backwards = false, Limit = EventsMax });
            if (page.Chunk.Count > 0 || request.Time.GetElapsedTime(started).TotalMilliseconds >= timeoutMs)
            {
                return Chunk(from, page.End ?? from, writer =>
                {
                    foreach (var json in page.Chunk)
                    {
                        writer.WriteRawValue(json.Span, skipInputValidation: true);
                    }
                });
            }

            await Task.Delay(PeekInterval, request.Time, request.Aborted);
        }
    }

    private static Answer Chunk(string start, string end, Action<Utf8JsonWriter> events) => Answer.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("start", start);
        writer.WriteString("end", end);
        writer.WriteStartArray("chunk");
        events(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static async ValueTask<bool> IsStranger(ClientRequest request, RoomId room)
    {
        var joined = await SyncAsked.Ask(request, null, $$$$"""{"room":{"rooms":[{{{{JsonSerializer.Serialize(room.Value)}}}}],"timeline":{"limit":0},"state":{"types":[]}}}""");
        return !SyncAsked.Rooms(joined, "join").Any();
    }

    private static IEnumerable<(string? Room, JsonElement Json)> Told(JsonElement sync, string user)
    {
        foreach (var room in SyncAsked.Rooms(sync, "join").Concat(SyncAsked.Rooms(sync, "leave")))
        {
            foreach (var json in SinceJoining(SyncAsked.Events(room.Value, "timeline"), user))
            {
                yield return (room.Name, json);
            }

            foreach (var json in SyncAsked.Events(room.Value, "ephemeral").Concat(SyncAsked.Events(room.Value, "account_data")))
            {
                yield return (room.Name, json);
            }
        }

        foreach (var room in SyncAsked.Rooms(sync, "invite"))
        {
            yield return (room.Name, SyncAsked.Events(room.Value, "invite_state").Last());
        }

        foreach (var json in SyncAsked.Presence(sync))
        {
            yield return (null, json);
        }

        foreach (var json in SyncAsked.Events(sync, "account_data"))
        {
            yield return (null, json);
        }
    }

    /// <summary>Of a room that the user joined meanwhile, the events from then on; of one that the user made, all.</summary>
    private static IEnumerable<JsonElement> SinceJoining(IEnumerable<JsonElement> timeline, string user)
    {
        var events = timeline.ToList();
        var joined = events.FindLastIndex(json => SyncAsked.IsMemberEvent(json, user) && Membership(json.GetProperty("content")) == "join"
            && !(json.TryGetProperty("unsigned", out var unsigned) && unsigned.TryGetProperty("prev_content", out var before) && Membership(before) == "join"));
        return joined > 1 ? events.Skip(joined) : events;
    }

    private static string? Membership(JsonElement content) =>
        content.TryGetProperty("membership", out var membership) && membership.ValueKind == JsonValueKind.String ? membership.GetString() : null;
}
