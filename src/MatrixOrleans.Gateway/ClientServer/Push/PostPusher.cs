using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Push;

/// <summary>Makes, changes or removes a pusher (Client-Server API, <c>POST /pushers/set</c>).</summary>
internal static class PostPusher
{
    public static readonly Endpoint Endpoint = new("postPusher", "POST", "/_matrix/client/v3/pushers/set", Access.User, async request =>
    {
        var body = JsonMarshal.GetRawUtf8Value(await request.JsonObject()).ToArray();
        await request.Grains.GetGrain<IPushersGrain>(request.User.Value).Set(request.Session.DeviceId, body);
        return Answer.Empty;
    });
}
