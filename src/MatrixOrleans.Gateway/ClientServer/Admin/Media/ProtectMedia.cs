using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Keeps media from being quarantined.</summary>
internal static class ProtectMedia
{
    public static readonly Endpoint Endpoint = new("adminProtectMedia", "POST", "/_synapse/admin/v1/media/protect/{mediaId}", Access.Admin, async request =>
        ModeratedMedia.Done(await ModeratedMedia.Grain(request).Protect(ModeratedMedia.Uri(request), true)));
}
