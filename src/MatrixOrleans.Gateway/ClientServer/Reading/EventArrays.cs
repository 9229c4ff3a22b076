using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>What the operations share that answer with events.</summary>
internal static class EventArrays
{
    public const int LimitDefault = 10;

    /// <summary>Most events of one answer.</summary>
    public const int LimitMax = 1000;

    public static IRoomReaderGrain Reader(ClientRequest request) => request.Grains.GetGrain<IRoomReaderGrain>(request.RoomId.Value);

    public static Viewer Viewer(ClientRequest request) => new(request.User, request.Session.DeviceId, request.Session.IsGuest);

    /// <summary>The event that the path names. What cannot be an event's id is an event that is not there, like any other.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND</exception>
    public static EventId EventId(ClientRequest request) => Protocol.Identifiers.EventId.TryParse(request.Path("eventId"), out var id)
        ? id
        : throw new MatrixException(MatrixError.NotFound, "Event not found");

    /// <summary>Writes events, which are JSON already, as an array.</summary>
    public static void WriteEvents(this Utf8JsonWriter writer, string name, IEnumerable<ReadOnlyMemory<byte>> events)
    {
        writer.WritePropertyName(name);
        writer.WriteEvents(events);
    }

    public static void WriteEvents(this Utf8JsonWriter writer, IEnumerable<ReadOnlyMemory<byte>> events)
    {
        writer.WriteStartArray();
        foreach (var json in events)
        {
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }

        writer.WriteEndArray();
    }

    /// <summary>All pages of a state.</summary>
    public static async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AllPages(Func<StateCursor?, ValueTask<StatePage>> read)
    {
        var page = await read(null);
        if (page.Next is null)
        {
            return page.Events;
        }

        var events = new List<ReadOnlyMemory<byte>>(page.Events);
        while (page.Next is { } next)
        {
            page = await read(next);
            events.AddRange(page.Events);
        }

        return events;
    }

    /// <summary>A query parameter that takes one of a few words.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static string? Word(ClientRequest request, string name, params ReadOnlySpan<string> words)
    {
        var text = request.Query(name);
        return text is null || words.Contains(text) ? text : throw new MatrixException(MatrixError.InvalidParam, $"{name} must be one of {string.Join(", ", words.ToArray())}");
    }
}
