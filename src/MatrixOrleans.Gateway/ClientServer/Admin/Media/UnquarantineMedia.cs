using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Lets quarantined media be given out again.</summary>
internal static class UnquarantineMedia
{
    public static readonly Endpoint Endpoint = new("adminUnquarantineMedia", "POST", "/_synapse/admin/v1/media/unquarantine/{serverName}/{mediaId}", Access.Admin, async request =>
        ModeratedMedia.Done(await ModeratedMedia.Grain(request).Quarantine(ModeratedMedia.Uri(request), null)));
}
