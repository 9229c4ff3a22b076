using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.DehydratedDevices;

/// <summary>Sets the user's dehydrated device (MSC3814).</summary>
internal static class PutDehydratedDevice
{
    public static readonly Endpoint Endpoint = new("putDehydratedDevice", "PUT", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device", Access.User, async request =>
    {
        var body = await request.JsonObject();
        var grain = request.Grains.GetGrain<IDehydratedDeviceGrain>(request.User.Value);
        return Answer.Of(new { DeviceId = await grain.Put(JsonMarshal.GetRawUtf8Value(body).ToArray()) });
    });
}
