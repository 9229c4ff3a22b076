using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.DehydratedDevices;

/// <summary>Answers messages for the dehydrated device, as matrix-rust-sdk asks for them (MSC3814).</summary>
internal static class PostDehydratedDeviceEvents
{
    public static readonly Endpoint Endpoint = new("postDehydratedDeviceEvents", "POST", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events", Access.User, async request =>
    {
        var from = JsonMembers.Text(await request.OptionalJsonObject(), "next_batch");
        return new Answer(await request.Grains.GetGrain<IDehydratedDeviceGrain>(request.User.Value).Events(request.Path("deviceId"), from, limit: 100));
    });
}
