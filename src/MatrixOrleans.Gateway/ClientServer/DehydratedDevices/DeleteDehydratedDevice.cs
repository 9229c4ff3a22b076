using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.DehydratedDevices;

/// <summary>Removes the user's dehydrated device (MSC3814).</summary>
internal static class DeleteDehydratedDevice
{
    public static readonly Endpoint Endpoint = new("deleteDehydratedDevice", "DELETE", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device", Access.User,
        async request => Answer.Of(new { DeviceId = await request.Grains.GetGrain<IDehydratedDeviceGrain>(request.User.Value).Delete() }));
}
