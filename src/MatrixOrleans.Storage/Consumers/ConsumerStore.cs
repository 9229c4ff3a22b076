using System.Data.Common;
using System.Globalization;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Consumers;

/// <summary>A partition of the log as one consumer reads it.</summary>
/// <param name="Cursor">Rows up to this position are dealt with.</param>
/// <param name="Epoch">Counted up whenever the partition changes hands.</param>
public readonly record struct LeaseRow(int Part, long Cursor, long Epoch)
{
    internal string Key => string.Create(CultureInfo.InvariantCulture, $"{Part}:{Epoch}:{Cursor}");
}

/// <summary>Another process holds the partition now, or what was asked for had been written already.</summary>
public sealed class LeaseLostException(string consumer) : Exception($"The consumer {consumer} no longer stands where it did");

/// <summary>The partitions of the log that consumers hold (DESIGN 4.4).</summary>
public sealed class ConsumerStore
{
    /// <summary>Partitions of the log.</summary>
    public const int PartCount = UnitRows.PartCount;

    private const string Key = "(part || ':' || epoch || ':' || cursor)";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ConsumerStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Makes the partitions of a consumer that has none yet.</summary>
    /// <param name="cursor">Where it begins to read.</param>
    public async Task Register(string consumer, long cursor)
    {
        if (await _source.Number("select count(*) from consumer_leases where consumer = @consumer", ("consumer", consumer)).ConfigureAwait(false) == PartCount)
        {
            return;
        }

        await _writer.Execute(async (session, _) =>
        {
            for (var part = 0; part < PartCount; part++)
            {
                await session.Execute(
                    "insert into consumer_leases (consumer, part, cursor, epoch, holder) values (@consumer, @part, @cursor, 0, '') on conflict do nothing",
                    ("consumer", consumer),
                    ("part", (long)part),
                    ("cursor", cursor)).ConfigureAwait(false);
            }

            return 0;
        }).ConfigureAwait(false);
    }

    /// <summary>Says that a holder lives, and asks who else does.</summary>
    public Task<IReadOnlyList<string>> Beat(string holder, long nowMs, long expiresMs) =>
        _writer.Execute<IReadOnlyList<string>>(async (session, _) =>
        {
            await session.Execute(
                "insert into consumer_holders (holder, expires_ms) values (@holder, @expires) on conflict (holder) do update set expires_ms = excluded.expires_ms",
                ("holder", holder),
                ("expires", expiresMs)).ConfigureAwait(false);
            await session.Execute("delete from consumer_holders where expires_ms < @now", ("now", nowMs)).ConfigureAwait(false);
            return await session.Query("select holder from consumer_holders order by holder", static reader => reader.String(0)).ConfigureAwait(false);
        });

    /// <summary>The holder ends; its partitions are free.</summary>
    public Task End(string holder) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("update consumer_leases set holder = '' where holder = @holder", ("holder", holder)).ConfigureAwait(false);
            return await session.Execute("delete from consumer_holders where holder = @holder", ("holder", holder)).ConfigureAwait(false);
        });

    /// <summary>Takes partitions that nobody alive holds.</summary>
    public Task<IReadOnlyList<LeaseRow>> Take(string consumer, string holder, IReadOnlyList<string> alive, int countMax) =>
        _writer.Execute<IReadOnlyList<LeaseRow>>(async (session, _) => await session.Query(
            """
            update consumer_leases set holder = @holder, epoch = epoch + 1 where consumer = @consumer and not (holder {any alive}) and part in (
                select part from consumer_leases where consumer = @consumer and not (holder {any alive}) order by part limit @count)
            returning part, cursor, epoch
            """,
            Map,
            ("consumer", consumer),
            ("holder", holder),
            ("alive", alive.ToArray()),
            ("count", (long)countMax)).ConfigureAwait(false));

    /// <summary>Gives partitions to whoever wants them.</summary>
    public Task Release(string consumer, string holder, IReadOnlyCollection<int> parts) =>
        _writer.Execute((session, _) => session.Execute(
            "update consumer_leases set holder = '' where consumer = @consumer and holder = @holder and part {any parts}",
            ("consumer", consumer),
            ("holder", holder),
            ("parts", parts.Select(part => (long)part).ToArray())));

    /// <summary>What a holder holds.</summary>
    public async Task<IReadOnlyList<LeaseRow>> Held(string consumer, string holder) =>
        await _source.Query(
            "select part, cursor, epoch from consumer_leases where consumer = @consumer and holder = @holder order by part",
            Map,
            ("consumer", consumer),
            ("holder", holder)).ConfigureAwait(false);

    /// <summary>Where every partition of a consumer stands; for lag and for tests.</summary>
    public async Task<IReadOnlyList<LeaseRow>> All(string consumer) =>
        await _source.Query("select part, cursor, epoch from consumer_leases where consumer = @consumer order by part", Map, ("consumer", consumer)).ConfigureAwait(false);

    /// <summary>
    /// Moves the cursors of partitions, first thing in the transaction of what was done for their rows. Each must be held still, and stand where the
    /// holder thinks: an attempt whose outcome was unknown is not done twice.
    /// </summary>
    /// <exception cref="LeaseLostException">One of them does not; nothing of the transaction may stay.</exception>
    public static async ValueTask Move(WriteSession session, string consumer, string holder, IReadOnlyCollection<LeaseRow> from, long to)
    {
        var moved = await session.Execute(
            $"update consumer_leases set cursor = @to where consumer = @consumer and holder = @holder and {Key} {{any keys}}",
            ("to", to),
            ("consumer", consumer),
            ("holder", holder),
            ("keys", from.Select(lease => lease.Key).ToArray())).ConfigureAwait(false);
        if (moved != from.Count)
        {
            throw new LeaseLostException(consumer);
        }
    }

    private static LeaseRow Map(DbDataReader reader) => new((int)reader.Number(0), reader.Number(1), reader.Number(2));
}
