using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Lists the user's devices.</summary>
internal static class GetDevices
{
    public static readonly Endpoint Endpoint = new("getDevices", "GET", "/_matrix/client/v3/devices", Access.UserOrGuest, async request =>
        Answer.Of(new { Devices = await DeviceAnswer.All(request) }));
}
