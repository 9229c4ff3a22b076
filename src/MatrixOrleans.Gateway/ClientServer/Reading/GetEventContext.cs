using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>An event with those around it (Client-Server API, "Event Context").</summary>
internal static class GetEventContext
{
    public static readonly Endpoint Endpoint = new("getEventContext", "GET", "/_matrix/client/v3/rooms/{roomId}/context/{eventId}", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var limit = request.QueryInteger("limit", EventArrays.LimitDefault, EventArrays.LimitMax);
        var page = await EventArrays.Reader(request).Context(EventArrays.Viewer(request), EventArrays.EventId(request), limit, request.Query("filter"));
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("start", page.Start);
            writer.WriteString("end", page.End);
            writer.WritePropertyName("event");
            writer.WriteRawValue(page.Event.Span, skipInputValidation: true);
            writer.WriteEvents("events_before", page.Before);
            writer.WriteEvents("events_after", page.After);
            writer.WriteEvents("state", page.State);
            writer.WriteEndObject();
        });
    }
}
