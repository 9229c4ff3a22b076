using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class SendKnock
{
    public static readonly ServerEndpoint Endpoint = new("sendKnock", "PUT", "/_matrix/federation/v1/send_knock/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().Take(
            request.Asker(), Asked.EventId(request.Path("eventId")), MembershipAction.Knock, Asked.Raw(request.JsonObject), omitMembers: false));
}
