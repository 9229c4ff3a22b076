using System.Globalization;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation.Keys;

/// <summary>As a notary: the keys of one other server.</summary>
internal static class PerspectivesKeyQuery
{
    public static readonly ServerEndpoint Endpoint = new("perspectivesKeyQuery", "GET", "/_matrix/key/v2/query/{serverName}", ServerAccess.Anybody, Handle)
    {
        AlsoPaths = ["/_matrix/key/v2/query/{serverName}/{keyId}"],
    };

    private static ValueTask<Answer> Handle(ServerRequest request)
    {
        if (!ServerName.TryParse(request.Path("serverName"), out var server))
        {
            throw new MatrixException(MatrixError.InvalidParam, "serverName is not a server name");
        }

        long? minimum = null;
        if (request.Query("minimum_valid_until_ts") is { } text)
        {
            minimum = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) ? ms : throw new MatrixException(MatrixError.InvalidParam, "minimum_valid_until_ts must be a non-negative integer");
        }

        var keyId = request.Path("keyId");
        return NotaryAnswer.Of(request, [new ServerKeysWanted(server, keyId.Length > 0 ? [keyId] : [], minimum)]);
    }
}
