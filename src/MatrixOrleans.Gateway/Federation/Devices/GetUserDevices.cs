using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Devices;

internal static class GetUserDevices
{
    public static readonly ServerEndpoint Endpoint = new("getUserDevices", "GET", "/_matrix/federation/v1/user/devices/{userId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Grains.GetGrain<IServedDevicesGrain>(0).Devices(LocalUser.Of(request, request.Path("userId"), "userId"), request.Origin));
}
