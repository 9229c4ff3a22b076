using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class SetRoomAlias
{
    public static readonly Endpoint Endpoint = new("setRoomAlias", "PUT", "/_matrix/client/v3/directory/room/{roomAlias}", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var alias = RoomAlias.FromRequest(request.Path("roomAlias"));
        request.AppServices.CheckFree(alias, request.AppService);
        var room = JsonMembers.Text(await request.JsonObject(), "room_id") ?? throw new MatrixException(MatrixError.MissingParam, "room_id is missing");
        await request.Grains.GetGrain<IAliasGrain>(0).Set(alias, RoomId.FromRequest(room), new Actor(request.User, request.Session.IsAdmin || request.AppService is not null));
        return Answer.Empty;
    }
}
