using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Keeps all uploads of a user from being given out.</summary>
internal static class QuarantineUserMedia
{
    public static readonly Endpoint Endpoint = new("adminQuarantineUserMedia", "POST", "/_synapse/admin/v1/user/{userId}/media/quarantine", Access.Admin, async request =>
        Answer.Of(new { NumQuarantined = await ModeratedMedia.Grain(request).QuarantineOf(ModeratedMedia.User(request), request.User) }));
}
