using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Removes one piece of media.</summary>
internal static class DeleteMedia
{
    public static readonly Endpoint Endpoint = new("adminDeleteMedia", "DELETE", "/_synapse/admin/v1/media/{serverName}/{mediaId}", Access.Admin, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var uri = ModeratedMedia.Uri(request);
        ModeratedMedia.Done(await ModeratedMedia.Grain(request).Remove(uri));
        return Answer.Of(new { DeletedMedia = (string[])[uri.MediaId], Total = 1 });
    }
}
