using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Publishes a device's keys.</summary>
internal static class UploadKeys
{
    public static readonly Endpoint Endpoint = new("uploadKeys", "POST", "/_matrix/client/v3/keys/upload", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var device = request.Session.DeviceId ?? throw new MatrixException(MatrixError.InvalidParam, "Keys belong to a device, and this session has none");
        return new Answer(await request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Upload(device, JsonMarshal.GetRawUtf8Value(body).ToArray()));
    }
}
