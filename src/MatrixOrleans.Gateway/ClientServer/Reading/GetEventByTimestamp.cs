using System.Globalization;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>The event nearest to a time (Client-Server API, <c>GET /rooms/{roomId}/timestamp_to_event</c>).</summary>
internal static class GetEventByTimestamp
{
    public static readonly Endpoint Endpoint = new("getEventByTimestamp", "GET", "/_matrix/client/v1/rooms/{roomId}/timestamp_to_event", Access.UserOrGuest, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc3030/rooms/{roomId}/timestamp_to_event"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var direction = EventArrays.Word(request, "dir", "b", "f") ?? throw new MatrixException(MatrixError.MissingParam, "dir is missing");
        var text = request.Query("ts") ?? throw new MatrixException(MatrixError.MissingParam, "ts is missing");
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ts))
        {
            throw new MatrixException(MatrixError.InvalidParam, "ts must be an integer");
        }

        var nearest = await EventArrays.Reader(request).NearestTo(EventArrays.Viewer(request), ts, direction == "b")
            ?? throw new MatrixException(MatrixError.NotFound, $"Unable to find event from {ts} in {(direction == "b" ? "backward" : "forward")} direction");
        return Answer.Of(new { EventId = nearest.EventId.Value, nearest.OriginServerTs });
    }
}
