using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.DehydratedDevices;

/// <summary>Answers the user's dehydrated device (MSC3814).</summary>
internal static class GetDehydratedDevice
{
    public static readonly Endpoint Endpoint = new("getDehydratedDevice", "GET", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device", Access.User,
        async request => new Answer(await request.Grains.GetGrain<IDehydratedDeviceGrain>(request.User.Value).Get()));
}
