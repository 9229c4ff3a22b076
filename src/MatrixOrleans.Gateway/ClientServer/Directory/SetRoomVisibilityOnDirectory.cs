using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class SetRoomVisibilityOnDirectory
{
    public static readonly Endpoint Endpoint = new("setRoomVisibilityOnDirectory", "PUT", "/_matrix/client/v3/directory/list/room/{roomId}", Access.User, Handle)
    {
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var isPublic = JsonMembers.Text(await request.OptionalJsonObject(), "visibility") switch
        {
            null or "public" => true,
            "private" => false,
            _ => throw new MatrixException(MatrixError.InvalidParam, "visibility must be public or private"),
        };
        await request.Grains.GetGrain<IRoomDirectoryGrain>(request.Tenant.Value).Publish(request.RoomId, isPublic, new Actor(request.User, request.Session.IsAdmin));
        return Answer.Empty;
    }
}
