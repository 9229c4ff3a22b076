using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetRoomVisibilityOnDirectory
{
    public static readonly Endpoint Endpoint = new("getRoomVisibilityOnDirectory", "GET", "/_matrix/client/v3/directory/list/room/{roomId}", Access.Optional, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var published = await request.Grains.GetGrain<IRoomDirectoryGrain>(request.Tenant.Value).IsPublished(request.RoomId);
        return Answer.Of(new { Visibility = published ? "public" : "private" });
    }
}
