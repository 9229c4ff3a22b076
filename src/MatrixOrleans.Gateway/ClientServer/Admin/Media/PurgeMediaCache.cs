using System.Globalization;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>Removes media of other servers that nobody looked at since a moment.</summary>
internal static class PurgeMediaCache
{
    public static readonly Endpoint Endpoint = new("adminPurgeMediaCache", "POST", "/_synapse/admin/v1/purge_media_cache", Access.Admin, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var text = request.Query("before_ts") ?? throw new MatrixException(MatrixError.MissingParam, "before_ts is missing");
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var before)
            ? Answer.Of(new { Deleted = await ModeratedMedia.Grain(request).RemoveRemote(before) })
            : throw new MatrixException(MatrixError.InvalidParam, "before_ts must be milliseconds since 1970");
    }
}
