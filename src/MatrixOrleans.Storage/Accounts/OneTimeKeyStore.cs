using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <summary>The one-time and fallback keys of devices, as far as sync tells of them.</summary>
public sealed class OneTimeKeyStore
{
    private readonly SqlSource _source;

    internal OneTimeKeyStore(SqlSource source) => _source = source;

    /// <summary>Unclaimed one-time keys by algorithm, and the algorithms with a fallback key that was not used yet.</summary>
    public async Task<(IReadOnlyDictionary<string, int> Counts, IReadOnlyList<string> UnusedFallbacks)> Counts(UserId user, string device)
    {
        var rows = await _source.Query(
            "select algorithm, fallback, used, count(*) from one_time_keys where user_id = @user and device_id = @device group by algorithm, fallback, used",
            static reader => (Algorithm: reader.String(0), IsFallback: reader.Flag(1), IsUsed: reader.Flag(2), Count: (int)reader.Number(3)),
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false);
        return (
            rows.Where(row => !row.IsFallback).ToDictionary(row => row.Algorithm, row => row.Count),
            [.. rows.Where(row => row.IsFallback && !row.IsUsed).Select(row => row.Algorithm)]);
    }
}
