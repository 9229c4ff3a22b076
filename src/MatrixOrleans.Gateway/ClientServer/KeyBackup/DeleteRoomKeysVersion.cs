using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Deletes a key backup with all its keys.</summary>
internal static class DeleteRoomKeysVersion
{
    public static readonly Endpoint Endpoint = new("deleteRoomKeysVersion", "DELETE", "/_matrix/client/v3/room_keys/version/{version}", Access.User, async request =>
    {
        await RoomKeys.Grain(request).Delete(request.Path("version"));
        return Answer.Empty;
    });
}
