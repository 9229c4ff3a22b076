using MatrixOrleans.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Units that go to PostgreSQL in one transaction. Bodies, edges and trie nodes go in first; then the writers' lock, and after it, in statements with
/// fresh snapshots, the verdict and the rows of the accepted units. The part from the lock to the commit is small and leaves in one piece.
/// </summary>
internal sealed class PostgresBatch
{
    /// <summary>The lock of all writers, and the one that keeps the collection of unused nodes apart from writers that may use them again.</summary>
    public const string AppendLock = "select pg_advisory_xact_lock(1297044047, 1)";
    public const string NodesLockShared = "select pg_advisory_xact_lock_shared(1297044047, 2)";
    public const string NodesLock = "select pg_advisory_xact_lock(1297044047, 2)";
    public const string MigrationLock = "select pg_advisory_xact_lock(1297044047, 3)";

    /// <summary>What surely fits into the connection's buffer.</summary>
    private const int OneMessageBytesMax = 64 * 1024;

    /// <summary>
    /// $1-$4 for each unit: room, first version of its room's run in this batch, positions it takes, transaction key. $5, $6: bodies that must be there
    /// under their number; $7-$9 rooms that must not be known under another. A room's run is accepted whole or refused whole.
    /// </summary>
    private const string Verdict = """
        with u as (select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) with ordinality as u(room, first, n, txn, unit)),
        bad_unit as (
            select u.unit from u join txns t on t.key = u.txn
            union select x.unit from unnest($5::bigint[], $6::bigint[]) as x(unit, nid) where not exists (select 1 from events e where e.nid = x.nid)
            union select x.unit from unnest($7::bigint[], $8::bigint[], $9::text[]) as x(unit, nid, id) join rooms r on r.room_id = x.id and r.nid <> x.nid),
        bad_room as (
            select distinct u.room from u where u.room is not null and (u.unit in (select unit from bad_unit)
                or coalesce((select max(t.version) from timeline t where t.room_nid = u.room), 0) + 1 <> u.first)),
        v as (
            select u.unit, u.n, not exists (select 1 from bad_unit b where b.unit = u.unit) and not exists (select 1 from bad_room r where r.room = u.room) as ok from u),
        w as (
            select unit, ok, coalesce(sum(case when ok then n else 0 end) over (order by unit rows between unbounded preceding and 1 preceding), 0)::bigint as before from v),
        base as (select coalesce(max(pos), 0) + 1 as first from log)
        select set_config('matrix_orleans.bases', array_agg(case when ok then base.first + w.before else 0 end order by unit)::text, true) as bases from w, base
        """;

    private readonly IReadOnlyList<AppendWork> _units;
    private readonly bool _flushLater;
    private readonly bool _hasNodes;

    public PostgresBatch(IReadOnlyList<AppendWork> units, bool flushLater)
    {
        (_units, _flushLater) = (units, flushLater);
        _hasNodes = units.Any(work => work.Unit.Room is { Nodes.Count: > 0 });
    }

    /// <summary>The first position of each unit; 0 for a refused one. Committed when this returns.</summary>
    public async ValueTask<long[]> Run(NpgsqlConnection connection, long writerId, long batchNo)
    {
        var rows = new PostgresRows();
        for (var i = 0; i < _units.Count; i++)
        {
            rows.Unit = i + 1;
            UnitRows.Bodies(_units[i].Unit, rows);
            UnitRows.Placed(_units[i].Unit, rows);
            if (_units[i].Unit.Txn is { } txn)
            {
                UnitRows.Txn(txn, rows, Tables.Txns);
            }
        }

        List<NpgsqlBatchCommand> before = [], after = [new(AppendLock), JudgeCommand()];
        if (_flushLater)
        {
            before.Add(new("select set_config('synchronous_commit', 'off', true)"));
        }

        if (_hasNodes)
        {
            before.Add(new(NodesLockShared));
        }

        before.AddRange(rows.Commands(bodies: true));
        after.AddRange(rows.Commands(bodies: false));
        after.Add(new("insert into writer_batches (writer_id, batch_no, positions) values ($1, $2, current_setting('matrix_orleans.bases')::bigint[])")
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = writerId }, new NpgsqlParameter<long> { TypedValue = batchNo } },
        });
        try
        {
            if (rows.Bytes <= OneMessageBytesMax)
            {
                // Statements that are sent together are one transaction.
                return await Send(connection, [.. before, .. after]).ConfigureAwait(false);
            }

            await Send(connection, [new("begin"), .. before]).ConfigureAwait(false);
            return await Send(connection, [.. after, new("commit")]).ConfigureAwait(false);
        }
        catch (PostgresException) when (connection.State == System.Data.ConnectionState.Open)
        {
            await Send(connection, [new("rollback")]).ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<long[]> Send(NpgsqlConnection connection, IReadOnlyList<NpgsqlBatchCommand> commands)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            long[] positions = [];
            var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                do
                {
                    if (reader.FieldCount == 1 && reader.GetName(0) == "bases" && await reader.ReadAsync().ConfigureAwait(false))
                    {
                        var text = reader.GetString(0);
                        positions = [.. text[1..^1].Split(',').Select(number => long.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
                    }
                }
                while (await reader.NextResultAsync().ConfigureAwait(false));
            }

            return positions;
        }
    }

    private NpgsqlBatchCommand JudgeCommand()
    {
        var count = _units.Count;
        long?[] room = new long?[count], first = new long?[count], taken = new long?[count];
        var txn = new string?[count];
        List<long> bodyUnits = [], bodies = [], roomUnits = [], rooms = [];
        var roomIds = new List<string?>();
        var runs = new Dictionary<long, long>();
        for (var i = 0; i < count; i++)
        {
            var unit = _units[i].Unit;
            taken[i] = _units[i].PositionCount;
            txn[i] = unit.Txn is null ? null : Text.Encode(unit.Txn.Key);
            foreach (var (id, nid) in UnitRows.NewRooms(unit))
            {
                roomUnits.Add(i + 1);
                rooms.Add(nid);
                roomIds.Add(Text.Encode(id));
            }

            if (unit.Room is not { } append)
            {
                continue;
            }

            room[i] = append.RoomNid;
            runs.TryAdd(append.RoomNid, append.FirstVersion);
            first[i] = runs[append.RoomNid];
            foreach (var entry in append.Entries)
            {
                if (entry.Event is not null)
                {
                    bodyUnits.Add(i + 1);
                    bodies.Add(entry.EventNid);
                }
            }
        }

        return new NpgsqlBatchCommand(Verdict)
        {
            Parameters = { Numbers(room), Numbers(first), Numbers(taken), Texts(txn), Numbers(bodyUnits), Numbers(bodies), Numbers(roomUnits), Numbers(rooms), Texts([.. roomIds]) },
        };
    }

    private static NpgsqlParameter Numbers(long?[] values) => new NpgsqlParameter<long?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter Numbers(List<long> values) => new NpgsqlParameter<long[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter Texts(string?[] values) => new NpgsqlParameter<string?[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
