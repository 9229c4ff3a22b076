using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>Answers whose devices changed between two syncs.</summary>
internal static class GetKeysChanges
{
    public static readonly Endpoint Endpoint = new("getKeysChanges", "GET", "/_matrix/client/v3/keys/changes", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var from = Token(request, "from") ?? throw new MatrixException(MatrixError.MissingParam, "from is missing");
        return new Answer(await request.Grains.GetGrain<IDeviceKeysGrain>(request.User.Value).Changes(from, Token(request, "to")));
    }

    private static SyncToken? Token(ClientRequest request, string name) => request.Query(name) switch
    {
        null => null,
        var text when SyncToken.TryParse(text, out var token) => token,
        _ => throw new MatrixException(MatrixError.InvalidParam, $"{name} is no token of this server"),
    };
}
