using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>Reports a room to the administrators (Client-Server API, "Reporting Content").</summary>
internal static class ReportRoom
{
    public static readonly Endpoint Endpoint = new("reportRoom", "POST", "/_matrix/client/v3/rooms/{roomId}/report", Access.User, Handle)
    {
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc4151/rooms/{roomId}/report"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reason = ReportReason.Required(await request.JsonObject());
        await request.Grains.GetGrain<IReportGrain>(0).ReportRoom(request.User, request.RoomId, reason);
        return Answer.Empty;
    }
}
