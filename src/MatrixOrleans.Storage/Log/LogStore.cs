using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>A row of the log.</summary>
/// <param name="Version">The room's version that the row made; null for rows of users.</param>
public sealed record LogRow(long Position, int Part, LogKind Kind, long? RoomNid, long? Version, long? RoomSeq, long? EventNid, string? UserId);

/// <summary>The newest row about a room.</summary>
public readonly record struct RoomTouch(long RoomNid, long Position);

/// <summary>Reads the log.</summary>
public sealed class LogStore
{
    private const string Row = "select pos, part, kind, room_nid, version, room_seq, event_nid, user_id from log ";
    private static readonly string ProbePostgres =
        $"select nid, pos from (select r.nid, greatest({Newest("r.nid", "< 10")}, {Newest("r.nid", "= 10")}) as pos from unnest(@rooms) as r(nid)) p where pos > 0";
    private static readonly string ProbeSqlite =
        $"select nid, pos from (select r.value as nid, max({Newest("r.value", "< 10")}, {Newest("r.value", "= 10")}) as pos from json_each(@rooms) r) p where pos > 0";
    private readonly SqlSource _source;

    internal LogStore(SqlSource source) => _source = source;

    /// <summary>The highest committed position; 0 in an empty log.</summary>
    /// <param name="durable">Flush what others committed without a flush first (PostgreSQL), so that it cannot be lost any more.</param>
    public async Task<long> MaxPosition(bool durable = false) =>
        await _source.Read(async session =>
        {
            var position = await session.Number("select max(pos) from log").ConfigureAwait(false) ?? 0;
            if (durable && session.Dialect.IsPostgres)
            {
                await session.Execute("select pg_logical_emit_message(true, 'matrix_orleans', '')").ConfigureAwait(false);
            }

            return position;
        }).ConfigureAwait(false);

    /// <summary>Rows in (<paramref name="afterExclusive"/>, <paramref name="uptoInclusive"/>], ascending, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<LogRow>> Read(long afterExclusive, long uptoInclusive, int limit) =>
        await _source.Query(
            Row + "where pos > @after and pos <= @upto order by pos limit @limit",
            Map,
            ("after", afterExclusive),
            ("upto", uptoInclusive),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Which of the rooms have rows that every member may see in (after, upto], with the newest position of each.</summary>
    public async Task<IReadOnlyList<RoomTouch>> RoomsTouched(IReadOnlyCollection<long> roomNids, long after, long upto)
    {
        if (roomNids.Count == 0 || upto <= after)
        {
            return [];
        }

        // A short piece of the log is read once; a long one is asked for each room.
        return upto - after <= 2L * roomNids.Count
            ? await Scan(roomNids, after, upto).ConfigureAwait(false)
            : await Probe(roomNids, after, upto).ConfigureAwait(false);
    }

    /// <summary>Rows of the user alone in (after, upto], ascending: receipts of his own, account data, to-device, device lists, profile, memberships.</summary>
    public async Task<IReadOnlyList<LogRow>> OfUser(UserId user, long after, long upto) =>
        await _source.Query(
            Row + "where user_id = @user and pos > @after and pos <= @upto and kind >= 10 order by pos",
            Map,
            ("user", user.Value),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);

    private static string Newest(string room, string kind) =>
        $"coalesce((select pos from log where room_nid = {room} and pos > @after and pos <= @upto and kind {kind} order by pos desc limit 1), 0)";

    private static LogRow Map(DbDataReader reader) => new(
        reader.Number(0),
        (int)reader.Number(1),
        (LogKind)reader.Number(2),
        reader.NumberOrNull(3),
        reader.NumberOrNull(4),
        reader.NumberOrNull(5),
        reader.NumberOrNull(6),
        reader.StringOrNull(7));

    private async Task<IReadOnlyList<RoomTouch>> Scan(IReadOnlyCollection<long> roomNids, long after, long upto)
    {
        var wanted = roomNids as IReadOnlySet<long> ?? roomNids.ToHashSet();
        var rows = await _source.Query(
            "select room_nid, pos from log where pos > @after and pos <= @upto and kind <= 10 order by pos",
            static reader => new RoomTouch(reader.Number(0), reader.Number(1)),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);
        var newest = new Dictionary<long, long>();
        foreach (var row in rows)
        {
            if (wanted.Contains(row.RoomNid))
            {
                newest[row.RoomNid] = row.Position;
            }
        }

        return [.. newest.Select(pair => new RoomTouch(pair.Key, pair.Value))];
    }

    private async Task<IReadOnlyList<RoomTouch>> Probe(IReadOnlyCollection<long> roomNids, long after, long upto) =>
        await _source.Query(
            _source.Dialect.IsPostgres ? ProbePostgres : ProbeSqlite,
            static reader => new RoomTouch(reader.Number(0), reader.Number(1)),
            ("rooms", roomNids.ToArray()),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);
}
