using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>One of the user's devices.</summary>
internal static class GetDevice
{
    public static readonly Endpoint Endpoint = new("getDevice", "GET", "/_matrix/client/v3/devices/{deviceId}", Access.UserOrGuest, async request =>
    {
        var id = request.Path("deviceId");
        var devices = await DeviceAnswer.All(request);
        return Answer.Of(devices.FirstOrDefault(device => device.DeviceId == id) ?? throw new MatrixException(MatrixError.NotFound, "No such device"));
    });
}
