using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Encryption;

/// <summary>A cross-signing key of a user, as it was uploaded.</summary>
public sealed record CrossSigningRow(UserId User, CrossSigningUsage Usage, string PublicKey, ReadOnlyMemory<byte> Json);

/// <summary>A signature that came apart from the key that it is on.</summary>
/// <param name="TargetKey">A device id, or a public key.</param>
/// <param name="SignerKey">The signing key identifier, <c>ed25519:…</c>.</param>
public sealed record KeySignatureRow(UserId TargetUser, string TargetKey, UserId Signer, string SignerKey, string Signature);

/// <summary>Cross-signing keys of local users, and signatures that were uploaded for keys (Client-Server API, "Cross-signing").</summary>
public sealed class CrossSigningStore
{
    private const string KeyRow = "select user_id, usage, public_key, json from cross_signing_keys ";
    private readonly SqlSource _source;

    internal CrossSigningStore(SqlSource source) => _source = source;

    public async Task<IReadOnlyList<CrossSigningRow>> OfUsers(IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(KeyRow + "where user_id {any users} order by user_id", MapKey, ("users", users.Select(user => user.Value).ToArray())).ConfigureAwait(false);

    /// <summary>The keys of a user, inside a transaction of the caller's.</summary>
    public static async ValueTask<IReadOnlyList<CrossSigningRow>> OfUser(WriteSession session, UserId user) =>
        await session.Query(KeyRow + "where user_id = @user", MapKey, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Whether the user has a cross-signing key of this public key, inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> HasKey(WriteSession session, UserId user, string publicKey) =>
        await session.Number(
            "select 1 from cross_signing_keys where user_id = @user and public_key = @key limit 1",
            ("user", user.Value),
            ("key", publicKey)).ConfigureAwait(false) is not null;

    /// <summary>Removes a key with the signatures by it and on it, inside a transaction of the caller's.</summary>
    public static async ValueTask Remove(WriteSession session, CrossSigningRow key)
    {
        await session.Execute(
            "delete from key_signatures where signer_user = @user and signer_key = @key",
            ("user", key.User.Value),
            ("key", "ed25519:" + key.PublicKey)).ConfigureAwait(false);
        await session.Execute(
            "delete from key_signatures where target_user = @user and target_key = @key",
            ("user", key.User.Value),
            ("key", key.PublicKey)).ConfigureAwait(false);
        await session.Execute(
            "delete from cross_signing_keys where user_id = @user and usage = @usage",
            ("user", key.User.Value),
            ("usage", key.Usage.Name())).ConfigureAwait(false);
    }

    /// <summary>Removes all keys of a user, and all signatures on and by them, inside a transaction of the caller's. The log is owed a row.</summary>
    public static async ValueTask RemoveAll(WriteSession session, UserId user)
    {
        await session.Execute("delete from key_signatures where signer_user = @user or target_user = @user", ("user", user.Value)).ConfigureAwait(false);
        if (await session.Execute("delete from cross_signing_keys where user_id = @user", ("user", user.Value)).ConfigureAwait(false) > 0)
        {
            await LogDebtStore.Add(session, user, LogDebtKind.DeviceList).ConfigureAwait(false);
        }
    }

    /// <summary>Sets a key, inside a transaction of the caller's.</summary>
    public static async ValueTask Set(WriteSession session, CrossSigningRow key)
    {
        await session.Execute(
            """
            insert into cross_signing_keys (user_id, usage, public_key, json) values (@user, @usage, @key, @json)
            on conflict (user_id, usage) do update set public_key = excluded.public_key, json = excluded.json
            """,
            ("user", key.User.Value),
            ("usage", key.Usage.Name()),
            ("key", key.PublicKey),
            ("json", key.Json)).ConfigureAwait(false);
    }

    /// <summary>Signatures on the keys of the users, as far as one user may see them: the owners' own, and those of <paramref name="viewer"/>.</summary>
    public async Task<IReadOnlyList<KeySignatureRow>> SignaturesOn(IReadOnlyCollection<UserId> users, UserId viewer) =>
        users.Count == 0
            ? []
            : await _source.Query(
                """
                select target_user, target_key, signer_user, signer_key, signature from key_signatures
                where target_user {any users} and (signer_user = target_user or signer_user = @viewer)
                """,
                static reader => new KeySignatureRow(UserId.Parse(reader.String(0)), reader.String(1), UserId.Parse(reader.String(2)), reader.String(3), reader.String(4)),
                ("users", users.Select(user => user.Value).ToArray()),
                ("viewer", viewer.Value)).ConfigureAwait(false);

    /// <summary>Adds signatures to keys that are still those that were signed, inside a transaction of the caller's.</summary>
    /// <returns>The users on whose keys there is another signature than before.</returns>
    public static async ValueTask<IReadOnlySet<UserId>> Sign(WriteSession session, IReadOnlyCollection<KeySignatureRow> signatures)
    {
        var changed = new HashSet<UserId>();
        foreach (var row in signatures)
        {
            var rows = await session.Execute(
                """
                insert into key_signatures (target_user, target_key, signer_user, signer_key, signature)
                select @target, @key, @signer, @by, @signature
                where exists (select 1 from device_keys where user_id = @target and device_id = @key)
                    or exists (select 1 from cross_signing_keys where user_id = @target and public_key = @key)
                on conflict (target_user, target_key, signer_user, signer_key) do update set signature = excluded.signature
                    where key_signatures.signature <> excluded.signature
                """,
                ("target", row.TargetUser.Value),
                ("key", row.TargetKey),
                ("signer", row.Signer.Value),
                ("by", row.SignerKey),
                ("signature", row.Signature)).ConfigureAwait(false);
            if (rows > 0)
            {
                changed.Add(row.TargetUser);
            }
        }

        return changed;
    }

    /// <summary>Takes the signatures on and by devices of a user away, inside a transaction of the caller's.</summary>
    public static async ValueTask Unsign(WriteSession session, UserId user, IReadOnlyCollection<string> devices)
    {
        await session.Execute(
            "delete from key_signatures where target_user = @user and target_key {any keys}",
            ("user", user.Value),
            ("keys", devices.ToArray())).ConfigureAwait(false);
        await session.Execute(
            "delete from key_signatures where signer_user = @user and signer_key {any keys}",
            ("user", user.Value),
            ("keys", devices.Select(device => "ed25519:" + device).ToArray())).ConfigureAwait(false);
    }

    private static CrossSigningRow MapKey(DbDataReader reader) =>
        new(UserId.Parse(reader.String(0)), CrossSigningUsages.Parse(reader.String(1)), reader.String(2), reader.Bytes(3));
}
