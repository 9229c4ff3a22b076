using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Keys;

/// <summary>Answers for our keys, and as a notary for those of others.</summary>
[StatelessWorker, Reentrant]
public sealed class ServerKeysGrain(Database database, TenantKeys tenants, IKeyRing ring, ServerHealth health, TimeProvider time) : Grain, IServerKeysGrain
{
    /// <summary>Servers that one request makes us ask at the same time.</summary>
    private const int FetchesMax = 8;

    private readonly ConcurrentDictionary<ServerName, (byte[] Json, long MadeMs)> _own = new();

    public async ValueTask<ReadOnlyMemory<byte>> Own(ServerName tenant)
    {
        if (!tenants.IsTenant(tenant))
        {
            throw new MatrixException(MatrixError.NotFound, $"{tenant} is not here");
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (_own.TryGetValue(tenant, out var made) && now - made.MadeMs is >= 0 and < ServerKeyTimes.OwnKeptMs)
        {
            return made.Json;
        }

        var keys = new List<ServerKey>();
        foreach (var row in (await database.Keys.OfTenant(tenant)).Take(ServerKeys.KeysMax))
        {
            using var key = SigningKey.FromSeed(row.KeyId, row.Secret.Span);
            keys.Add(new ServerKey(row.KeyId, key.PublicKey, row.ExpiredMs));
        }

        var json = ServerKeys.Write(new ServerKeys(tenant, keys, now + ServerKeyTimes.OwnValidMs), tenants.For(tenant));
        _own[tenant] = (json, now);
        return json;
    }

    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> Notarize(ServerName tenant, IReadOnlyList<ServerKeysWanted> wanted)
    {
        var answers = new List<ReadOnlyMemory<byte>>();
        foreach (var chunk in wanted.DistinctBy(server => server.Server).Take(ServerKeysWanted.ServersMax).Chunk(FetchesMax))
        {
            foreach (var answer in await Task.WhenAll(chunk.Select(server => Answer(tenant, server))))
            {
                if (answer is not null)
                {
                    answers.Add(SignedJson.Sign(answer.Value.Span, tenant.Value, tenants.For(tenant)));
                }
            }
        }

        return answers;
    }

    public async ValueTask<ReadOnlyMemory<byte>?> RequestKey(ServerName tenant, ServerName server, string keyId) =>
        await ring.Find(tenant, server, keyId, time.GetUtcNow().ToUnixTimeMilliseconds()) is { } key ? (ReadOnlyMemory<byte>?)key.Raw : null;

    public Task Lives(ServerName server)
    {
        health.Lives(server);
        return Task.CompletedTask;
    }

    /// <summary>What we have, when it is good for long enough; else what the server says now; else what we have after all.</summary>
    private async Task<ReadOnlyMemory<byte>?> Answer(ServerName tenant, ServerKeysWanted wanted)
    {
        if (tenants.IsTenant(wanted.Server))
        {
            return await Own(wanted.Server);
        }

        var minimum = wanted.MinimumValidUntilMs ?? time.GetUtcNow().ToUnixTimeMilliseconds();
        var answer = await database.ServerKeys.Answer(wanted.Server);
        if (answer is null || answer.ValidUntilMs < minimum || !await HasAll(wanted))
        {
            await GrainFactory.GetGrain<IRemoteServerGrain>(wanted.Server.Value).FetchKeys(tenant, wanted.KeyIds.Count > 0 ? wanted.KeyIds[0] : null);
            answer = await database.ServerKeys.Answer(wanted.Server);
        }

        return answer?.Json;
    }

    private async Task<bool> HasAll(ServerKeysWanted wanted)
    {
        foreach (var id in wanted.KeyIds)
        {
            if (await database.ServerKeys.Find(wanted.Server, id) is null)
            {
                return false;
            }
        }

        return true;
    }
}
