using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class UploadContent
{
    public static readonly Endpoint Endpoint = new("uploadContent", "POST", "/_matrix/media/v3/upload", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/upload"),
    };

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        Answer.Of(new { ContentUri = (await request.Service<UploadDesk>().Receive(request, null)).Value });
}
