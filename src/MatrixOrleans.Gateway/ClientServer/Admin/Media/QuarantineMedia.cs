using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Keeps media from being given out.</summary>
internal static class QuarantineMedia
{
    public static readonly Endpoint Endpoint = new("adminQuarantineMedia", "POST", "/_synapse/admin/v1/media/quarantine/{serverName}/{mediaId}", Access.Admin, async request =>
        ModeratedMedia.Done(await ModeratedMedia.Grain(request).Quarantine(ModeratedMedia.Uri(request), request.User)));
}
