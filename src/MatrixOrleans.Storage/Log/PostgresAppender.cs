using System.Data;
using System.Diagnostics;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Commits on PostgreSQL (DESIGN 4.1). The fast way judges a whole batch by sets; what it refuses, and everything when the transaction fails, is tried
/// again one by one, which finds each unit's own verdict. A batch whose outcome is unknown is settled before anything else is sent.
/// </summary>
internal sealed partial class PostgresAppender : IAppender
{
    private const int RetryMsFirst = 50;
    private const int RetryMsMax = 2000;
    private const int BatchesKept = 256;
    private const int FlushOutsideFromMs = 1;
    private const int HeadsMax = 20_000;

    private readonly PostgresSource _source;
    private readonly StateStore _states;
    private readonly ILogger _log;
    private readonly bool? _flushOutsideWanted;
    private readonly long _writerId;
    private readonly PostgresWrites _others;
    private readonly Poison _poison = new();
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Version and current state of rooms after this writer's last commit to them.</summary>
    private readonly Dictionary<long, (long Version, long State)> _heads = [];
    private NpgsqlConnection? _connection;
    private bool _flushOutside;
    private long _batchNo;

    private PostgresAppender(PostgresSource source, StateStore states, DatabaseOptions options, long writerId, ILogger log)
    {
        (_source, _states, _writerId, _log) = (source, states, writerId, log);
        _flushOutsideWanted = options.FlushOutsideLock;
        _others = new PostgresWrites(source, log);
    }

    public bool IsSynchronous => false;

    public static async ValueTask<PostgresAppender> Open(PostgresSource source, StateStore states, DatabaseOptions options, ILogger log, CancellationToken cancel)
    {
        var connection = await source.OpenWriter(cancel).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var session = new PostgresSession(connection);
            var id = await session.Number("update numbers set next_value = next_value + 1 where name = 'writer' returning next_value").ConfigureAwait(false)
                ?? throw new InvalidOperationException("The database is not migrated");
            await session.Execute("delete from writer_batches where at < now() - interval '1 day'").ConfigureAwait(false);
            var appender = new PostgresAppender(source, states, options, id, log);
            appender._connection = await appender.Connect(cancel).ConfigureAwait(false);
            return appender;
        }
    }

    public async ValueTask<CommitOutcome> Commit(IReadOnlyList<Work> batch)
    {
        var outcome = new CommitOutcome([], []);
        List<AppendWork> fast = [], slow = [];
        Sort(batch, fast, slow, outcome);
        try
        {
            await RefuseCollisions(fast, outcome).ConfigureAwait(false);
            if (fast.Count > 0)
            {
                slow.InsertRange(0, await Together(fast, outcome).ConfigureAwait(false));
            }
        }
        catch (Exception error) when (error is ArgumentException || (error is PostgresException && !IsConnectionLoss(error)))
        {
            TakenApart(error, fast.Count);
            slow.InsertRange(0, fast);
        }
        catch (Exception error)
        {
            // Closing, or a fault of ours: nobody is told that his unit was written.
            fast.ForEach(work => Fail(work, error));
        }

        foreach (var work in slow)
        {
            await Alone(work, outcome).ConfigureAwait(false);
        }

        return outcome;
    }

    public Task? ExecuteApart(ExecuteWork work) => _others.Run(work, _closing.Token);

    public void GiveUp() => _closing.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Drop().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>Units that the set-based verdict can judge: each room's versions follow each other, no transaction key comes twice, no new room under two numbers.</summary>
    private void Sort(IReadOnlyList<Work> batch, List<AppendWork> fast, List<AppendWork> slow, CommitOutcome outcome)
    {
        var nextVersion = new Dictionary<long, long>();
        var keys = new HashSet<string>();
        var roomIds = new Dictionary<string, long>();
        HashSet<long> slowRooms = [], slowActivations = [];
        foreach (var work in batch.Cast<AppendWork>())
        {
            var unit = work.Unit;
            var room = unit.Room;
            if (_poison.Contains(unit.ActivationId))
            {
                Settle(work, new AppendResult(AppendOutcome.Fenced, 0, null), outcome);
                continue;
            }

            var fits = (room is null || !slowRooms.Contains(room.RoomNid))
                && (unit.ActivationId == 0 || !slowActivations.Contains(unit.ActivationId))
                && (room is null || !nextVersion.TryGetValue(room.RoomNid, out var next) || next == room.FirstVersion)
                && UnitRows.NewRooms(unit).All(made => roomIds.TryAdd(made.Id, made.Nid) || roomIds[made.Id] == made.Nid)
                && (unit.Txn is null || keys.Add(unit.Txn.Key));
            if (!fits)
            {
                slow.Add(work);
                slowActivations.Add(unit.ActivationId);
                if (room is not null)
                {
                    slowRooms.Add(room.RoomNid);
                }

                continue;
            }

            fast.Add(work);
            if (room is not null)
            {
                nextVersion[room.RoomNid] = room.FirstVersion + room.Entries.Count;
            }
        }
    }

    private async ValueTask RefuseCollisions(List<AppendWork> units, CommitOutcome outcome)
    {
        var states = new Dictionary<long, long>();
        for (var i = 0; i < units.Count; i++)
        {
            if (units[i].Unit.Room is not { } room)
            {
                continue;
            }

            if (_poison.Contains(units[i].Unit.ActivationId))
            {
                Settle(units[i], new AppendResult(AppendOutcome.Fenced, 0, null), outcome);
                units.RemoveAt(i--);
                continue;
            }

            if (room.Entries.Any(entry => entry.Deltas.Count > 0))
            {
                if (!states.TryGetValue(room.RoomNid, out var before))
                {
                    before = await StateAt(room.RoomNid, room.FirstVersion - 1).ConfigureAwait(false);
                }

                if (Collision.In(room, _states, before))
                {
                    Refuse(units[i], outcome);
                    units.RemoveAt(i--);
                    continue;
                }
            }

            states[room.RoomNid] = room.Entries.Count > 0 ? room.Entries[^1].CurrentState : states.GetValueOrDefault(room.RoomNid);
        }
    }

    private async ValueTask<long> StateAt(long roomNid, long version)
    {
        if (version == 0)
        {
            return 0;
        }

        return _heads.TryGetValue(roomNid, out var head) && head.Version == version
            ? head.State
            : await Patiently(() => _source.Number(
                "select current_state from timeline where room_nid = @room and version = @version",
                ("room", roomNid),
                ("version", version))).ConfigureAwait(false) ?? 0;
    }

    /// <returns>The units that were refused.</returns>
    private async ValueTask<List<AppendWork>> Together(List<AppendWork> units, CommitOutcome outcome)
    {
        var positions = await Send(units).ConfigureAwait(false);
        var refused = new List<AppendWork>();
        var accepted = new List<(AppendUnit, long)>();
        var to = 0L;
        for (var i = 0; i < units.Count; i++)
        {
            if (positions[i] == 0)
            {
                refused.Add(units[i]);
                continue;
            }

            accepted.Add((units[i].Unit, positions[i]));
            to = positions[i] + units[i].PositionCount - 1;
            Settle(units[i], new AppendResult(AppendOutcome.Accepted, positions[i], null), outcome);
            if (units[i].Unit.Room is { Entries.Count: > 0 } room)
            {
                if (_heads.Count >= HeadsMax)
                {
                    _heads.Clear();
                }

                _heads[room.RoomNid] = (room.FirstVersion + room.Entries.Count - 1, room.Entries[^1].CurrentState);
            }
        }

        if (accepted.Count > 0)
        {
            outcome.Batches.Add(new CommittedBatch(accepted[0].Item2, to, accepted));
        }

        return refused;
    }

    private async ValueTask Alone(AppendWork work, CommitOutcome outcome)
    {
        try
        {
            List<AppendWork> unit = [work];
            await RefuseCollisions(unit, outcome).ConfigureAwait(false);
            if (unit.Count == 0 || (await Together(unit, outcome).ConfigureAwait(false)).Count == 0)
            {
                return;
            }

            var answer = work.Unit.Txn is { } txn
                ? await Patiently(() => _source.First("select answer from txns where key = @key", static reader => reader.String(0), ("key", txn.Key))).ConfigureAwait(false)
                : null;
            if (answer is null)
            {
                Refuse(work, outcome);
                return;
            }

            if (work.Unit.Room is not null)
            {
                // Later units of this activation were built on an event that is not kept.
                _poison.Add(work.Unit.ActivationId);
            }

            Settle(work, new AppendResult(AppendOutcome.TxnExists, 0, answer), outcome);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            Refuse(work, outcome);
        }
        catch (Exception error)
        {
            Fail(work, error);
        }
    }

    /// <summary>A read between commits waits for the database to come back.</summary>
    private async ValueTask<T> Patiently<T>(Func<ValueTask<T>> read)
    {
        for (var wait = RetryMsFirst; ; wait = Math.Min(2 * wait, RetryMsMax))
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (Exception error) when (IsConnectionLoss(error))
            {
                ConnectionLost(error, _batchNo);
                await Task.Delay(wait, _closing.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Commits, however often the connection breaks; a batch is never done twice.</summary>
    private async ValueTask<long[]> Send(List<AppendWork> units)
    {
        var number = ++_batchNo;
        var isRepeat = false;
        for (var wait = RetryMsFirst; ; wait = Math.Min(2 * wait, RetryMsMax))
        {
            try
            {
                _connection ??= await Connect(_closing.Token).ConfigureAwait(false);
                var positions = isRepeat ? await Settled(_connection, number).ConfigureAwait(false) : null;
                positions ??= await new PostgresBatch(units, _flushOutside).Run(_connection, _writerId, number).ConfigureAwait(false);
                if (_flushOutside)
                {
                    await new PostgresSession(_connection).Execute("select pg_logical_emit_message(true, 'matrix_orleans', '')").ConfigureAwait(false);
                }

                if (number % BatchesKept == 0)
                {
                    await new PostgresSession(_connection).Execute(
                        "delete from writer_batches where writer_id = @writer and batch_no < @number",
                        ("writer", _writerId),
                        ("number", number)).ConfigureAwait(false);
                }

                return positions;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.UniqueViolation && error.ConstraintName == "writer_batches_pkey")
            {
                // The first attempt was still under way and has committed meanwhile.
                isRepeat = true;
            }
            catch (Exception error) when (IsConnectionLoss(error) || _connection?.State != ConnectionState.Open)
            {
                ConnectionLost(error, number);
                isRepeat = true;
                await Drop().ConfigureAwait(false);
                await Task.Delay(wait, _closing.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The outcome of a batch that may have been committed; null when it was not.</summary>
    private async ValueTask<long[]?> Settled(NpgsqlConnection connection, long number) =>
        await new PostgresSession(connection).First(
            "select positions from writer_batches where writer_id = @writer and batch_no = @number",
            static reader => reader.GetFieldValue<long[]>(0),
            ("writer", _writerId),
            ("number", number)).ConfigureAwait(false);

    private async ValueTask<NpgsqlConnection> Connect(CancellationToken cancel)
    {
        var connection = await _source.OpenWriter(cancel).ConfigureAwait(false);
        try
        {
            var session = new PostgresSession(connection);
            _flushOutside = _flushOutsideWanted ?? await FlushMs(session).ConfigureAwait(false) > FlushOutsideFromMs;
            await ServerIdentity.Check(session, connection, _flushOutside, cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What a flush costs here: the median of a few.</summary>
    private static async ValueTask<double> FlushMs(PostgresSession session)
    {
        var times = new double[5];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await session.Execute("select pg_logical_emit_message(true, 'matrix_orleans', '')").ConfigureAwait(false);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private async ValueTask Drop()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            NpgsqlConnection.ClearPool(connection);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Fail(AppendWork work, Exception error)
    {
        _poison.Add(work.Unit.ActivationId);
        work.Fail(error);
    }

    private void Refuse(AppendWork work, CommitOutcome outcome)
    {
        _poison.Add(work.Unit.ActivationId);
        Settle(work, new AppendResult(AppendOutcome.Fenced, 0, null), outcome);
    }

    private static void Settle(AppendWork work, AppendResult result, CommitOutcome outcome)
    {
        work.Result = result;
        outcome.Settled.Add(work);
    }

    /// <summary>Whether the transaction's outcome cannot be known from the error.</summary>
    private static bool IsConnectionLoss(Exception error) => error switch
    {
        PostgresException postgres => postgres.SqlState.StartsWith("08", StringComparison.Ordinal) || postgres.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException => true,
        _ => false,
    };

    [LoggerMessage(LogLevel.Warning, "A batch of {Count} units failed together and is written one by one")]
    private partial void TakenApart(Exception error, int count);

    [LoggerMessage(LogLevel.Warning, "The connection to the database was lost; batch {Number} is settled on the next one")]
    private partial void ConnectionLost(Exception error, long number);
}
