using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>Reports an event to the administrators (Client-Server API, "Reporting Content").</summary>
internal static class ReportEvent
{
    public static readonly Endpoint Endpoint = new("reportEvent", "POST", "/_matrix/client/v3/rooms/{roomId}/report/{eventId}", Access.User, Handle)
    {
        Rate = RateClass.Send,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        await request.Grains.GetGrain<IReportGrain>(0).ReportEvent(
            EventArrays.Viewer(request), request.RoomId, EventArrays.EventId(request), ReportReason.Optional(body), Score(body));
        return Answer.Empty;
    }

    /// <summary>Until v1.17: -100, most offensive, to 0.</summary>
    private static int? Score(JsonElement body)
    {
        if (!body.TryGetProperty("score", out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var score)
            ? Math.Clamp(score, -100, 0)
            : throw new MatrixException(MatrixError.BadJson, "score must be an integer");
    }
}
