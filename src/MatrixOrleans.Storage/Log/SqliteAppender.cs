using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;
using Microsoft.Data.Sqlite;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Commits on SQLite. The write lock is taken first, so checks before an insert hold until the commit, and positions are simply counted on.
/// A unit that fails unexpectedly undoes the transaction; then each piece of work runs in a transaction of its own.
/// </summary>
internal sealed class SqliteAppender(SqliteSession session, SqliteCheckpoints checkpoints, StateStore states) : IAppender
{
    private const int SqliteConstraint = 19;
    private const int HeadsMax = 20_000;
    private readonly SqliteRows _rows = new(session.Connection.Handle!);

    /// <summary>Version and current state of rooms after this writer's last unit for them.</summary>
    private readonly Dictionary<long, (long Version, long State)> _heads = [];
    private readonly Poison _poison = new();

    public bool IsSynchronous => true;

    public Task? ExecuteApart(ExecuteWork work) => null;

    public ValueTask<CommitOutcome> Commit(IReadOnlyList<Work> batch)
    {
        var outcome = new CommitOutcome([], []);
        checkpoints.BeforeBatch(session);
        try
        {
            Transaction(batch, outcome);
        }
        catch (Exception)
        {
            outcome = new CommitOutcome([], []);
            foreach (var work in batch)
            {
                Alone(work, outcome);
            }
        }

        return ValueTask.FromResult(outcome);
    }

    public void GiveUp()
    {
        // Nothing here waits for anybody.
    }

    public ValueTask DisposeAsync()
    {
        checkpoints.Dispose();
        _rows.Dispose();
        session.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Alone(Work work, CommitOutcome outcome)
    {
        try
        {
            Transaction([work], outcome);
        }
        catch (SqliteException error) when (work is AppendWork append && error.SqliteErrorCode == SqliteConstraint)
        {
            Refuse(append, outcome);
        }
        catch (Exception error)
        {
            if (work is AppendWork append)
            {
                _poison.Add(append.Unit.ActivationId);
            }

            work.Fail(error);
        }
    }

    private void Refuse(AppendWork append, CommitOutcome outcome)
    {
        _poison.Add(append.Unit.ActivationId);
        append.Result = new AppendResult(AppendOutcome.Fenced, 0, null);
        outcome.Settled.Add(append);
    }

    private void Transaction(IReadOnlyList<Work> batch, CommitOutcome outcome)
    {
        var settled = new List<Work>(batch.Count);
        var units = new List<(AppendUnit, long)>(batch.Count);
        var refused = new HashSet<long>();
        session.Run("begin immediate");
        try
        {
            var first = Number("select max(pos) from log") + 1;
            var next = first;
            foreach (var work in batch)
            {
                if (work is AppendWork append)
                {
                    append.Result = Append(append, next, refused);
                    if (append.Result.Outcome == AppendOutcome.Accepted)
                    {
                        units.Add((append.Unit, next));
                        next += append.PositionCount;
                    }

                    settled.Add(append);
                }
                else if (Execute((ExecuteWork)work))
                {
                    settled.Add(work);
                }
            }

            session.Run("commit");
            checkpoints.Committed(session);
            foreach (var activation in refused)
            {
                _poison.Add(activation);
            }

            outcome.Settled.AddRange(settled);
            if (units.Count > 0)
            {
                outcome.Batches.Add(new CommittedBatch(first, next - 1, units));
            }
        }
        catch
        {
            _heads.Clear();
            if (SQLitePCL.raw.sqlite3_get_autocommit(session.Connection.Handle!) == 0)
            {
                session.Run("rollback");
            }

            throw;
        }
    }

    private AppendResult Append(AppendWork append, long position, HashSet<long> refused)
    {
        var unit = append.Unit;
        if (_poison.Contains(unit.ActivationId) || refused.Contains(unit.ActivationId))
        {
            return new AppendResult(AppendOutcome.Fenced, 0, null);
        }

        if (!IsCurrent(unit))
        {
            return unit.Txn is { } known && Answer(known.Key) is { } before ? Repeated(unit, before, refused) : Refused(unit, refused);
        }

        _rows.Begin(position);
        if (unit.Txn is { } txn)
        {
            UnitRows.Txn(txn, _rows, Tables.TxnsIfNew);
            if (!_rows.Inserted)
            {
                return Repeated(unit, Answer(txn.Key)!, refused);
            }
        }

        UnitRows.Bodies(unit, _rows);
        if (_rows.EventsIgnored > 0 && unit.Room is { } room && !AreStored(room))
        {
            if (unit.Txn is { } undone)
            {
                session.Execute("delete from txns where key = @a", ("a", undone.Key)).AsTask().GetAwaiter().GetResult();
            }

            return Refused(unit, refused);
        }

        UnitRows.Placed(unit, _rows);
        Remember(unit);
        return new AppendResult(AppendOutcome.Accepted, position, null);
    }

    private static AppendResult Repeated(AppendUnit unit, string answer, HashSet<long> refused)
    {
        if (unit.Room is not null && unit.ActivationId != 0)
        {
            // Later units of this activation were built on an event that is not kept.
            refused.Add(unit.ActivationId);
        }

        return new AppendResult(AppendOutcome.TxnExists, 0, answer);
    }

    private static AppendResult Refused(AppendUnit unit, HashSet<long> refused)
    {
        if (unit.ActivationId != 0)
        {
            refused.Add(unit.ActivationId);
        }

        return new AppendResult(AppendOutcome.Fenced, 0, null);
    }

    /// <summary>Whether the unit's room stands where the unit says, and no room that it makes is known under another number.</summary>
    private bool IsCurrent(AppendUnit unit)
    {
        if (unit.Room is { } room)
        {
            var head = Head(room);
            if (head.Version + 1 != room.FirstVersion || (HasDeltas(room) && Collision.In(room, states, head.State)))
            {
                return false;
            }
        }

        return !UnitRows.MayMakeRooms(unit) || !UnitRows.NewRooms(unit).Any(IsOther);
    }

    /// <summary>
    /// What this writer remembers counts only where it agrees with the unit. Should another process have written to the room meanwhile, the version's
    /// row is there already: the insert fails, and the unit is judged again by what is stored.
    /// </summary>
    private (long Version, long State) Head(RoomAppend room) =>
        _heads.TryGetValue(room.RoomNid, out var head) && head.Version + 1 == room.FirstVersion
            ? head
            : session.First(
                "select version, current_state from timeline where room_nid = @a order by version desc limit 1",
                static reader => (reader.Number(0), reader.Number(1)),
                ("a", room.RoomNid)).GetAwaiter().GetResult();

    private void Remember(AppendUnit unit)
    {
        if (unit.Room is { Entries.Count: > 0 } room)
        {
            if (_heads.Count >= HeadsMax)
            {
                _heads.Clear();
            }

            _heads[room.RoomNid] = (room.FirstVersion + room.Entries.Count - 1, room.Entries[^1].CurrentState);
        }
    }

    private static bool HasDeltas(RoomAppend room)
    {
        foreach (var entry in room.Entries)
        {
            if (entry.Deltas.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the bodies of the entries are stored under the numbers that the entries say.</summary>
    private bool AreStored(RoomAppend room)
    {
        foreach (var entry in room.Entries)
        {
            if (entry.Event is { } body && Number("select nid from events where room_nid = @a and event_id = @b", room.RoomNid, body.Id.Value) != body.Nid)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsOther((string Id, long Nid) room) =>
        Number("select nid from rooms where room_id = @a", room.Id) is not 0 and var known && known != room.Nid;

    private string? Answer(string key) =>
        session.First("select answer from txns where key = @a", static reader => reader.String(0), ("a", key)).GetAwaiter().GetResult();

    /// <summary>0 when there is no row or no value.</summary>
    private long Number(string sql, object? a = null, object? b = null)
    {
        var value = (a, b) switch
        {
            (null, _) => session.Number(sql),
            (_, null) => session.Number(sql, ("a", a)),
            _ => session.Number(sql, ("a", a), ("b", b)),
        };
        return value.GetAwaiter().GetResult() ?? 0;
    }

    /// <summary>In a savepoint: a failure undoes this work alone.</summary>
    private bool Execute(ExecuteWork work)
    {
        session.Run("savepoint work");
        try
        {
            work.Run(session).AsTask().GetAwaiter().GetResult();
            session.Run("release work");
            return true;
        }
        catch (Exception error)
        {
            session.Run("rollback to work");
            session.Run("release work");
            work.Fail(error);
            return false;
        }
    }
}
