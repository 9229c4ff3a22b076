using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Admin.Media;

/// <summary>The media that an administrator moderates, by the paths that the tools of other homeservers know.</summary>
internal static class ModeratedMedia
{
    public static IMediaAdminGrain Grain(ClientRequest request) => request.Grains.GetGrain<IMediaAdminGrain>(0);

    /// <summary>Media of this homeserver, or of one that is no tenant here: other tenants have administrators of their own.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM, M_NOT_FOUND</exception>
    public static MxcUri Uri(ClientRequest request)
    {
        var server = request.Path("serverName");
        var uri = MxcUri.FromRequest(server.Length > 0 ? server : request.Tenant.Value, request.Path("mediaId"));
        return uri.ServerName == request.Tenant || !request.Options.Tenants.Contains(uri.ServerName) ? uri : throw NotFound();
    }

    /// <summary>A user of this homeserver.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static UserId User(ClientRequest request)
    {
        var user = UserId.FromRequest(request.Path("userId"));
        return user.ServerName == request.Tenant ? user : throw new MatrixException(MatrixError.InvalidParam, "The user does not belong to this homeserver");
    }

    public static Answer Done(bool found) => found ? Answer.Empty : throw NotFound();

    private static MatrixException NotFound() => new(MatrixError.NotFound, "No such media");
}
