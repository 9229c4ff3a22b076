using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Makes a new key backup, which is the current one from then on.</summary>
internal static class PostRoomKeysVersion
{
    public static readonly Endpoint Endpoint = new("postRoomKeysVersion", "POST", "/_matrix/client/v3/room_keys/version", Access.User, async request =>
    {
        var (algorithm, authData) = RoomKeys.Configuration(await request.JsonObject());
        return Answer.Of(new { Version = await RoomKeys.Grain(request).Create(algorithm, authData) });
    });
}
