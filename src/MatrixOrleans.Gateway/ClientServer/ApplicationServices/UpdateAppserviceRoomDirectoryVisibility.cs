using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>An application service publishes a room for one of its networks (Client-Server API, <c>PUT /directory/list/appservice/{networkId}/{roomId}</c>).</summary>
internal static class UpdateAppserviceRoomDirectoryVisibility
{
    public static readonly Endpoint Endpoint = new(
        "updateAppserviceRoomDirectoryVisibility", "PUT", "/_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        if (request.AppService is not { } service)
        {
            throw new MatrixException(MatrixError.Forbidden, "Only application services may do this");
        }

        var isPublic = JsonMembers.Text(await request.JsonObject(), "visibility") switch
        {
            "public" => true,
            "private" => false,
            null => throw new MatrixException(MatrixError.MissingParam, "visibility is missing"),
            _ => throw new MatrixException(MatrixError.InvalidParam, "visibility must be public or private"),
        };
        await request.Grains.GetGrain<IRoomDirectoryGrain>(service.Tenant.Value).PublishForNetwork(request.RoomId, service.Id, request.Path("networkId"), isPublic);
        return Answer.Empty;
    }
}
