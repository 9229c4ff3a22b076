using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.DehydratedDevices;

/// <summary>Answers messages for the dehydrated device, as matrix-js-sdk asks for them (MSC3814).</summary>
internal static class GetDehydratedDeviceEvents
{
    public static readonly Endpoint Endpoint = new("getDehydratedDeviceEvents", "GET", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events", Access.User,
        async request => new Answer(await request.Grains.GetGrain<IDehydratedDeviceGrain>(request.User.Value).Events(
            request.Path("deviceId"), request.Query("from"), request.QueryInteger("limit", missing: 100, max: 100))));
}
