using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class UploadContentToMXC
{
    public static readonly Endpoint Endpoint = new("uploadContentToMXC", "PUT", "/_matrix/media/v3/upload/{serverName}/{mediaId}", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/upload/{serverName}/{mediaId}"),
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        await request.Service<UploadDesk>().Receive(request, MxcUri.FromRequest(request.Path("serverName"), request.Path("mediaId")));
        return Answer.Empty;
    }
}
