using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Removes all uploads of a user.</summary>
internal static class DeleteUserMedia
{
    public static readonly Endpoint Endpoint = new("adminDeleteUserMedia", "DELETE", "/_synapse/admin/v1/users/{userId}/media", Access.Admin, async request =>
        Answer.Of(new { Total = await ModeratedMedia.Grain(request).RemoveOf(ModeratedMedia.User(request)) }));
}
