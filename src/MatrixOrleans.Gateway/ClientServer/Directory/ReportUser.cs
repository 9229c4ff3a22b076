using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>Reports a user to the administrators (Client-Server API, "Reporting Content").</summary>
internal static class ReportUser
{
    public static readonly Endpoint Endpoint = new("reportUser", "POST", "/_matrix/client/v3/users/{userId}/report", Access.User, Handle)
    {
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc4260/users/{userId}/report"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reason = ReportReason.Required(await request.JsonObject());
        await request.Grains.GetGrain<IReportGrain>(0).ReportUser(request.User, UserId.FromRequest(request.Path("userId")), reason);
        return Answer.Empty;
    }
}
