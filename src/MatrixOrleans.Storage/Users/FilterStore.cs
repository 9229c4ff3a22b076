using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>Filters of users. The same JSON gets the same number.</summary>
public sealed class FilterStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal FilterStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<ReadOnlyMemory<byte>?> Get(UserId user, long number) =>
        await _source.First(
            "select json from filters where user_id = @user and number = @number",
            static reader => (ReadOnlyMemory<byte>?)reader.Bytes(0),
            ("user", user.Value),
            ("number", number)).ConfigureAwait(false);

    /// <returns>The filter's number, from 0.</returns>
    public Task<long> Add(UserId user, ReadOnlyMemory<byte> json)
    {
        var digest = SHA256.HashData(json.Span);
        return _writer.Execute(async (session, _) =>
        {
            while (true)
            {
                // A second writer that took the same number makes the insert do nothing; then its row or the next number is found.
                var known = await session.Number("select number from filters where user_id = @user and digest = @digest", ("user", user.Value), ("digest", digest)).ConfigureAwait(false);
                if (known is { } number)
                {
                    return number;
                }

                await session.Execute(
                    """
                    insert into filters (user_id, number, digest, json)
                    select @user, coalesce(max(number) + 1, 0), @digest, @json from filters where user_id = @user on conflict do nothing
                    """,
                    ("user", user.Value),
                    ("digest", digest),
                    ("json", json)).ConfigureAwait(false);
            }
        });
    }
}
