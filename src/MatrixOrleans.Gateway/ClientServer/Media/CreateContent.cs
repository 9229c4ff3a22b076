using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class CreateContent
{
    public static readonly Endpoint Endpoint = new("createContent", "POST", "/_matrix/media/v1/create", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var made = await request.Grains.GetGrain<IMediaGrain>(0).MakeId(request.User);
        return Answer.Of(new { ContentUri = made.Uri.Value, UnusedExpiresAt = made.ExpiresMs });
    }
}
