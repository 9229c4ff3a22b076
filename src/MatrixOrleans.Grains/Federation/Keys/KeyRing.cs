using BitFaster.Caching.Lru;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;

namespace MatrixOrleans.Grains.Federation.Keys;

/// <summary>
/// Looks for a key 1. in memory, 2. in the database, 3. at the server itself or a notary, which its <see cref="RemoteServerGrain"/> does. Any thread may call it.
/// </summary>
public sealed class KeyRing(Database database, TenantKeys tenants, IGrainFactory grains, TimeProvider time) : IKeyRing
{
    /// <summary>Keys in memory; each costs about 300 bytes.</summary>
    private const int KeysMax = 20_000;

    /// <summary>Keys with which one server may have signed one thing.</summary>
    private const int SignaturesMax = 8;

    private static readonly TimeSpan TenantKeysKept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentLru<(ServerName Server, string KeyId), Known> _known = new(KeysMax);

    public async ValueTask<VerifyKey?> Find(ServerName asker, ServerName server, string keyId, long? validAtMs, CancellationToken cancel = default)
    {
        if (tenants.IsTenant(server))
        {
            return await OfTenant(server, keyId, validAtMs);
        }

        // 1. In memory
        if (_known.TryGet((server, keyId), out var known) && known.IsValidAt(validAtMs))
        {
            return known.Key;
        }

        // 2. In the database: another process may have fetched it.
        if (await Stored(server, keyId) is { } stored && stored.IsValidAt(validAtMs))
        {
            return stored.Key;
        }

        // 3. At the server or a notary. What no answer could make valid is not worth asking for.
        if (validAtMs > time.GetUtcNow().ToUnixTimeMilliseconds() + ServerKeyTimes.ValidMsMax)
        {
            return null;
        }

        await grains.GetGrain<IRemoteServerGrain>(server.Value).FetchKeys(asker, keyId).WaitAsync(cancel);
        return await Stored(server, keyId) is { } fetched && fetched.IsValidAt(validAtMs) ? fetched.Key : null;
    }

    public async ValueTask<string?> Verify(ServerName asker, Pdu pdu, CancellationToken cancel = default)
    {
        long? validAt = pdu.Version.KeyValidityEnforced ? pdu.OriginServerTs : null;
        foreach (var server in EventSignature.RequiredServers(pdu))
        {
            if (!await IsSigned(server))
            {
                return $"no good signature of {server}";
            }
        }

        return null;

        // "If a signature is from an unknown or expired key, it is skipped." All from known keys must be good.
        async ValueTask<bool> IsSigned(ServerName server)
        {
            var good = 0;
            foreach (var keyId in EventSignature.KeyIds(pdu, server).Take(SignaturesMax))
            {
                if (await Find(asker, server, keyId, validAt, cancel) is { } key)
                {
                    if (!EventSignature.Verify(pdu, server, keyId, key))
                    {
                        return false;
                    }

                    good++;
                }
            }

            return good > 0;
        }
    }

    public async ValueTask<bool> Verify(ServerName asker, ServerName signer, ReadOnlyMemory<byte> json, long? validAtMs, CancellationToken cancel = default)
    {
        System.Text.Json.JsonElement root;
        try
        {
            root = System.Text.Json.JsonElement.Parse(json.Span);
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }

        var good = 0;
        foreach (var keyId in SignedJson.KeyIds(root, signer.Value).Take(SignaturesMax))
        {
            if (await Find(asker, signer, keyId, validAtMs, cancel) is { } key)
            {
                if (!SignedJson.Verify(json.Span, signer, keyId, key))
                {
                    return false;
                }

                good++;
            }
        }

        return good > 0;
    }

    private async ValueTask<Known?> Stored(ServerName server, string keyId)
    {
        if (await database.ServerKeys.Find(server, keyId) is not { } row || VerifyKey.TryImport(row.PublicKey.Span) is not { } key)
        {
            return null;
        }

        var known = new Known(key, row.ExpiredMs ?? row.ValidUntilMs, long.MaxValue);
        _known.AddOrUpdate((server, keyId), known);
        return known;
    }

    /// <summary>Our own keys: the one in use needs no date, old ones end where they were replaced.</summary>
    private async ValueTask<VerifyKey?> OfTenant(ServerName tenant, string keyId, long? validAtMs)
    {
        var now = time.GetTimestamp();
        if (!_known.TryGet((tenant, keyId), out var known) || now > known.KeepUntil)
        {
            var row = (await database.Keys.OfTenant(tenant)).FirstOrDefault(row => row.KeyId == keyId);
            if (row is null)
            {
                return null;
            }

            using var secret = SigningKey.FromSeed(row.KeyId, row.Secret.Span);
            known = new Known(VerifyKey.TryImport(secret.PublicKey)!, row.ExpiredMs ?? long.MaxValue, now + (long)(TenantKeysKept.TotalSeconds * time.TimestampFrequency));
            _known.AddOrUpdate((tenant, keyId), known);
        }

        return known.IsValidAt(validAtMs) ? known.Key : null;
    }

    private sealed record Known(VerifyKey Key, long ValidUntilMs, long KeepUntil)
    {
        public bool IsValidAt(long? ms) => ms is null || ms <= ValidUntilMs;
    }
}
