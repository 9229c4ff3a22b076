using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class GetRoomStateIds
{
    public static readonly ServerEndpoint Endpoint = new("getRoomStateIds", "GET", "/_matrix/federation/v1/state_ids/{roomId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().State(request.Asker(), Asked.EventId(request.Query("event_id")), idsOnly: true));
}
