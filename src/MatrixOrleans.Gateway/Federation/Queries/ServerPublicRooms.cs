using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.ClientServer.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Queries;

/// <summary>The published rooms of the asked tenant, when other servers may see them.</summary>
internal static class ServerPublicRooms
{
    /// <summary>"Defaults to 0 (no limit)": as many as a page may have.</summary>
    public static int Limit(int asked) => asked == 0 ? PublicRoomsQuery.LimitMax : asked;

    /// <exception cref="MatrixException">M_FORBIDDEN when they may not.</exception>
    public static ValueTask<Answer> List(ServerRequest request, PublicRoomsQuery query) => request.Options.PublicRoomsForServers
        ? PublicRooms.List(request.Grains, request.Destination, query)
        : throw new MatrixException(MatrixError.Forbidden, "The room directory is not for other servers");
}
