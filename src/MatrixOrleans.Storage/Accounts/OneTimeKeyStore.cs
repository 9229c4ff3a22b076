using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <summary>Who wants a key of which device.</summary>
public sealed record KeyClaim(UserId User, string DeviceId, string Algorithm);

/// <summary>A key that was given out.</summary>
/// <param name="SupplyChanged">The device has one key less that nobody used.</param>
public sealed record ClaimedKey(KeyClaim Claim, UploadedKey Key, bool SupplyChanged);

/// <summary>The one-time and fallback keys of devices (Client-Server API, "One-time and fallback keys").</summary>
public sealed class OneTimeKeyStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal OneTimeKeyStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Unclaimed one-time keys by algorithm, and the algorithms with a fallback key that was not used yet.</summary>
    public async Task<(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<string> UnusedFallbacks)> Counts(UserId user, string device)
    {
        var counts = await _source.Query(
            "select algorithm, count(*) from one_time_keys where user_id = @user and device_id = @device group by algorithm order by algorithm",
            static reader => (Algorithm: reader.String(0), Count: (int)reader.Number(1)),
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false);
        var fallbacks = await _source.Query(
            "select algorithm from fallback_keys where user_id = @user and device_id = @device and used = 0 order by algorithm",
            static reader => reader.String(0),
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false);
        return (counts.ToDictionary(row => row.Algorithm, row => row.Count), fallbacks);
    }

    /// <summary>The unclaimed one-time keys of a device, inside a transaction of the caller's.</summary>
    public static async ValueTask<IReadOnlyList<UploadedKey>> Unclaimed(WriteSession session, UserId user, string device) =>
        await session.Query(
            "select algorithm, key_id, json from one_time_keys where user_id = @user and device_id = @device",
            static reader => new UploadedKey(reader.String(0), reader.String(1), reader.Bytes(2)),
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false);

    /// <summary>Adds one-time keys behind those that are there.</summary>
    public static async ValueTask Add(WriteSession session, UserId user, string device, IEnumerable<UploadedKey> keys, long nowMs)
    {
        var upload = 1 + (await session.Number(
            "select max(upload) from one_time_keys where user_id = @user and device_id = @device",
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false) ?? 0);
        foreach (var key in keys)
        {
            await session.Execute(
                """
                insert into one_time_keys (user_id, device_id, algorithm, key_id, json, created_ms, upload)
                values (@user, @device, @algorithm, @key, @json, @now, @upload)
                """,
                ("user", user.Value),
                ("device", device),
                ("algorithm", key.Algorithm),
                ("key", key.KeyId),
                ("json", key.Json),
                ("now", nowMs),
                ("upload", upload)).ConfigureAwait(false);
        }
    }

    /// <summary>Sets the fallback key of an algorithm; another one counts as unused.</summary>
    /// <returns>Whether it is another one.</returns>
    public static async ValueTask<bool> SetFallback(WriteSession session, UserId user, string device, UploadedKey key) =>
        await session.Execute(
            """
            insert into fallback_keys (user_id, device_id, algorithm, key_id, json) values (@user, @device, @algorithm, @key, @json)
            on conflict (user_id, device_id, algorithm) do update set key_id = excluded.key_id, json = excluded.json, used = 0
            where fallback_keys.key_id <> excluded.key_id or fallback_keys.json <> excluded.json
            """,
            ("user", user.Value),
            ("device", device),
            ("algorithm", key.Algorithm),
            ("key", key.KeyId),
            ("json", key.Json)).ConfigureAwait(false) > 0;

    /// <summary>Takes a key for each claim: the oldest one-time key, for nobody else ever, or else the fallback key. Claims without a key are left out. The log is owed a row about each device.</summary>
    public Task<IReadOnlyList<ClaimedKey>> Claim(IReadOnlyList<KeyClaim> claims) =>
        _writer.Execute<IReadOnlyList<ClaimedKey>>(async (session, _) =>
        {
            var claimed = new List<ClaimedKey>();
            foreach (var claim in claims)
            {
                if (await Claim(session, claim).ConfigureAwait(false) is { } key)
                {
                    claimed.Add(key);
                    if (key.SupplyChanged)
                    {
                        await LogDebtStore.Add(session, claim.User, LogDebtKind.KeySupply, claim.DeviceId).ConfigureAwait(false);
                    }
                }
            }

            return claimed;
        });

    private static async ValueTask<ClaimedKey?> Claim(WriteSession session, KeyClaim claim)
    {
        (string, object?)[] arguments = [("user", claim.User.Value), ("device", claim.DeviceId), ("algorithm", claim.Algorithm)];

        // Two who claim at once on PostgreSQL each get a key of their own.
        var apart = session.Dialect.IsPostgres ? "for update skip locked" : "";
        var key = await session.First(
            $"""
            delete from one_time_keys where user_id = @user and device_id = @device and algorithm = @algorithm and key_id = (
                select key_id from one_time_keys where user_id = @user and device_id = @device and algorithm = @algorithm
                order by upload, key_id limit 1 {apart})
            returning algorithm, key_id, json
            """,
            static reader => new UploadedKey(reader.String(0), reader.String(1), reader.Bytes(2)),
            arguments).ConfigureAwait(false);
        if (key is not null)
        {
            return new ClaimedKey(claim, key, SupplyChanged: true);
        }

        key = await session.First(
            "select algorithm, key_id, json from fallback_keys where user_id = @user and device_id = @device and algorithm = @algorithm",
            static reader => new UploadedKey(reader.String(0), reader.String(1), reader.Bytes(2)),
            arguments).ConfigureAwait(false);
        if (key is null)
        {
            return null;
        }

        var isFirst = await session.Execute(
            "update fallback_keys set used = 1 where user_id = @user and device_id = @device and algorithm = @algorithm and used = 0", arguments).ConfigureAwait(false) > 0;
        return new ClaimedKey(claim, key, isFirst);
    }
}
