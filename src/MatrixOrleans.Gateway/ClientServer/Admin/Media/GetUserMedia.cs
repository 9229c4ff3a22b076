using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Lists the uploads of a user, newest first.</summary>
internal static class GetUserMedia
{
    private const int LimitDefault = 100;
    private const int LimitMax = 1000;

    public static readonly Endpoint Endpoint = new("adminGetUserMedia", "GET", "/_synapse/admin/v1/users/{userId}/media", Access.Admin, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var from = request.QueryInteger("from", 0, int.MaxValue);
        var page = await ModeratedMedia.Grain(request).List(ModeratedMedia.User(request), from, request.QueryInteger("limit", LimitDefault, LimitMax));
        var next = from + page.Uploads.Count;
        return Answer.Of(new { Media = page.Uploads, page.Total, NextToken = page.Uploads.Count > 0 && next < page.Total ? next : (int?)null });
    }
}
