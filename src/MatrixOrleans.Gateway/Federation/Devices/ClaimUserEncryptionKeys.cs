using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.ClientServer.Encryption;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Devices;

/// <summary>Takes one-time keys of users of the asked tenant.</summary>
internal static class ClaimUserEncryptionKeys
{
    public static readonly ServerEndpoint Endpoint = new("claimUserEncryptionKeys", "POST", "/_matrix/federation/v1/user/keys/claim", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var local = ClaimKeys.Read(request.JsonObject).Where(claim => claim.User.ServerName == request.Destination).ToList();
        var answer = await request.Grains.GetGrain<IDeviceKeysGrain>(QueryUserEncryptionKeys.Asker(request).Value).Claim(local);
        return KeysAnswer.Only(answer, "one_time_keys");
    }
}
