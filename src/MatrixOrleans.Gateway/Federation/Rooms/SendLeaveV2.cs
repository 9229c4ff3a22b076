using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class SendLeaveV2
{
    public static readonly ServerEndpoint Endpoint = new("sendLeaveV2", "PUT", "/_matrix/federation/v2/send_leave/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().Take(
            request.Asker(), Asked.EventId(request.Path("eventId")), MembershipAction.Leave, Asked.Raw(request.JsonObject), omitMembers: false));
}
