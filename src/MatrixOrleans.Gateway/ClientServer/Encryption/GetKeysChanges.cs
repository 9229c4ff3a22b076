using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Answers whose devices changed since a sync; <c>to</c> is a hint that is not needed.</summary>
internal static class GetKeysChanges
{
    public static readonly Endpoint Endpoint = new("getKeysChanges", "GET", "/_matrix/client/v3/keys/changes", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var from = request.Query("from") ?? throw new MatrixException(MatrixError.MissingParam, "from is missing");
        return SyncToken.TryParse(from, out var token)
            ? new Answer(await request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Changes(token))
            : throw new MatrixException(MatrixError.InvalidParam, "from is no token of this server");
    }
}
