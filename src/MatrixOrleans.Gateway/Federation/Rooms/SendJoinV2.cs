using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class SendJoinV2
{
    public static readonly ServerEndpoint Endpoint = new("sendJoinV2", "PUT", "/_matrix/federation/v2/send_join/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().Take(
            request.Asker(), Asked.EventId(request.Path("eventId")), MembershipAction.Join, Asked.Raw(request.JsonObject), request.Query("omit_members") == "true"));
}
