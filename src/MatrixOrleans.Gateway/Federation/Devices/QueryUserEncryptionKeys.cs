using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.ClientServer.Encryption;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation.Devices;

/// <summary>Identity keys of users of the asked tenant, as somebody of the asking server sees them.</summary>
internal static class QueryUserEncryptionKeys
{
    public static readonly ServerEndpoint Endpoint = new("queryUserEncryptionKeys", "POST", "/_matrix/federation/v1/user/keys/query", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var wanted = QueryKeys.Read(request.JsonObject);
        var local = wanted.Where(user => user.Key.ServerName == request.Destination).ToDictionary();
        var answer = await request.Grains.GetGrain<IDeviceKeysGrain>(Asker(request).Value).Query(local);
        return KeysAnswer.Only(answer, "device_keys", "master_keys", "self_signing_keys");
    }

    /// <summary>Nobody in particular: signatures that only their own maker may see stay out.</summary>
    internal static UserId Asker(ServerRequest request) => UserId.Parse($"@_:{request.Origin}");
}
