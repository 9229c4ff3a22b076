using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Lets media be quarantined again.</summary>
internal static class UnprotectMedia
{
    public static readonly Endpoint Endpoint = new("adminUnprotectMedia", "POST", "/_synapse/admin/v1/media/unprotect/{mediaId}", Access.Admin, async request =>
        ModeratedMedia.Done(await ModeratedMedia.Grain(request).Protect(ModeratedMedia.Uri(request), false)));
}
