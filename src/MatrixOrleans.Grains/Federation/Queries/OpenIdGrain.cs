using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Queries;

[StatelessWorker, Reentrant]
public sealed class OpenIdGrain(Database database, TimeProvider time) : Grain, IOpenIdGrain
{
    private const int TokenBytes = 24;

    public async ValueTask<string> Issue(UserId user)
    {
        var token = UnpaddedBase64.EncodeUrlSafe(RandomNumberGenerator.GetBytes(TokenBytes));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.OpenIds.Add(SHA256.HashData(Encoding.UTF8.GetBytes(token)), user, now, now + (IOpenIdGrain.LifetimeSeconds * 1000L));
        return token;
    }

    public async ValueTask<UserId?> Find(byte[] hash) => await database.OpenIds.Find(hash, time.GetUtcNow().ToUnixTimeMilliseconds());
}
