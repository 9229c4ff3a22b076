using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Grains.Tenants;

/// <summary>
/// The homeservers that this cluster is, with the keys that they sign with. A tenant's key is made once, by whichever process comes first
/// (Server-Server API, "Retrieving server keys").
/// </summary>
public sealed class TenantKeys(Database database, TimeProvider time, IReadOnlyList<ServerName> tenants)
{
    private readonly Dictionary<ServerName, SigningKey> _keys = [];

    public IReadOnlyList<ServerName> Tenants => tenants;

    public bool IsTenant(ServerName server) => _keys.ContainsKey(server);

    /// <summary>The key in use of a tenant.</summary>
    /// <exception cref="KeyNotFoundException">The server is none of ours.</exception>
    public SigningKey For(ServerName tenant) => _keys[tenant];

    /// <summary>Loads every tenant's key, making those that are missing. Before any grain asks for one.</summary>
    public async Task Load()
    {
        foreach (var tenant in tenants)
        {
            var candidate = new SigningKeyRow(
                tenant,
                "ed25519:" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 6),
                RandomNumberGenerator.GetBytes(32),
                time.GetUtcNow().ToUnixTimeMilliseconds(),
                null);
            var row = await database.Keys.CurrentOr(candidate);
            _keys[tenant] = SigningKey.FromSeed(row.KeyId, row.Secret.Span);
        }
    }
}
