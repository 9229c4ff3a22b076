using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.Federation.Keys;

/// <summary>As a notary: the keys of several servers.</summary>
internal static class BulkPerspectivesKeyQuery
{
    public static readonly ServerEndpoint Endpoint = new("bulkPerspectivesKeyQuery", "POST", "/_matrix/key/v2/query", ServerAccess.Anybody, Handle);

    /// <summary>Keys of one server that are asked for by name.</summary>
    private const int KeysMax = 20;

    private static ValueTask<Answer> Handle(ServerRequest request)
    {
        var servers = JsonMembers.Object(request.JsonObject, "server_keys") ?? throw new MatrixException(MatrixError.MissingParam, "server_keys is missing");
        var wanted = servers.EnumerateObject().Take(ServerKeysWanted.ServersMax + 1).Select(Wanted).ToList();
        return wanted.Count <= ServerKeysWanted.ServersMax
            ? NotaryAnswer.Of(request, wanted)
            : throw new MatrixException(MatrixError.BadJson, $"server_keys may have {ServerKeysWanted.ServersMax} servers at most");
    }

    private static ServerKeysWanted Wanted(JsonProperty server)
    {
        if (!ServerName.TryParse(server.Name, out var name) || server.Value.ValueKind != JsonValueKind.Object)
        {
            throw new MatrixException(MatrixError.BadJson, "server_keys must map server names to objects");
        }

        long? minimum = null;
        var ids = new List<string>();
        foreach (var key in server.Value.EnumerateObject().Take(KeysMax))
        {
            ids.Add(key.Name);
            if (key.Value.ValueKind == JsonValueKind.Object && key.Value.TryGetProperty("minimum_valid_until_ts"u8, out var value))
            {
                minimum = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var ms)
                    ? Math.Max(minimum ?? 0, ms)
                    : throw new MatrixException(MatrixError.BadJson, "minimum_valid_until_ts must be an integer");
            }
        }

        return new ServerKeysWanted(name, ids, minimum);
    }
}
