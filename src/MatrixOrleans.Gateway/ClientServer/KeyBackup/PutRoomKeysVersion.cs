using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Changes the <c>auth_data</c> of a key backup.</summary>
internal static class PutRoomKeysVersion
{
    public static readonly Endpoint Endpoint = new("putRoomKeysVersion", "PUT", "/_matrix/client/v3/room_keys/version/{version}", Access.User, async request =>
    {
        var body = await request.JsonObject();
        var version = request.Path("version");
        if (JsonMembers.Text(body, "version") is { } named && named != version)
        {
            throw new MatrixException(MatrixError.InvalidParam, "version is another in the body than in the path");
        }

        var (algorithm, authData) = RoomKeys.Configuration(body);
        await RoomKeys.Grain(request).Update(version, algorithm, authData);
        return Answer.Empty;
    });
}
