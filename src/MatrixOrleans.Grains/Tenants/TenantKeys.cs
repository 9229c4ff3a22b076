using System.Collections.Concurrent;
using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Grains.Tenants;

/// <summary>
/// The signing keys of the homeservers that this cluster is. A tenant's key is made when it is opened for the first time; however many
/// processes do so at once, the database keeps one.
/// </summary>
public sealed class TenantKeys(Database database, TimeProvider time) : IDisposable
{
    private const int SeedBytes = 32;

    /// <summary>Characters of a new key's version; with them a key that was lost and made anew has another name.</summary>
    private const int VersionLetters = 6;

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private readonly ConcurrentDictionary<ServerName, SigningKey> _keys = new();

    /// <summary>Loads a tenant's key, and makes one for a new tenant. To be called before the tenant's first event.</summary>
    public async Task Open(ServerName tenant)
    {
        if (_keys.ContainsKey(tenant))
        {
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.Tenants.Add(tenant, now);
        var stored = (await database.Keys.OfTenant(tenant)).FirstOrDefault(row => row.ExpiredMs is null)
            ?? await database.Keys.CurrentOr(new SigningKeyRow(tenant, "ed25519:" + RandomNumberGenerator.GetString(Letters, VersionLetters), RandomNumberGenerator.GetBytes(SeedBytes), now, null));
        var key = SigningKey.FromSeed(stored.KeyId, stored.Secret.Span);
        if (!_keys.TryAdd(tenant, key))
        {
            key.Dispose();
        }
    }

    /// <summary>Whether the server is one of this cluster's.</summary>
    public bool IsTenant(ServerName server) => _keys.ContainsKey(server);

    /// <summary>The key with which a tenant signs now.</summary>
    /// <exception cref="InvalidOperationException">The server is no tenant, or <see cref="Open"/> was not called for it.</exception>
    public SigningKey For(ServerName tenant) => _keys.TryGetValue(tenant, out var key) ? key : throw new InvalidOperationException($"{tenant} is no tenant of this cluster");

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        _keys.Clear();
    }
}
