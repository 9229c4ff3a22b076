using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Data.Sqlite;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>A synthetic room's events and states in a database, and beside it who cites whom as an auth event: what resolution reads from.</summary>
internal sealed class StoredGraph(DatabaseOptions options, RoomVersion version, long roomNid)
{
    private const int BatchCount = 500;

    public long RoomNid { get; } = roomNid;

    public static async Task<StoredGraph> Create(DatabaseOptions options, SyntheticRoom room)
    {
        await using var database = await ScratchDatabase.Open(options);
        var graph = new StoredGraph(options, room.Version, await database.Numbers.RoomNid());
        var create = new NewRoom(room.Version.Id, room.State[StateKey.Create].EventId, true, SyntheticRoom.Server);
        await database.Writer.Append(new AppendUnit { Room = new RoomAppend { RoomNid = graph.RoomNid, RoomId = room.Id, Create = create, FirstVersion = 1, Entries = [] } });
        await using var cites = graph.OpenCites();
        Execute(cites, "create table cites (cited text not null, citing text not null, primary key (cited, citing)) without rowid");
        return graph;
    }

    /// <summary>Stores events that are not there yet.</summary>
    /// <returns>Their numbers.</returns>
    public async Task<Dictionary<EventId, long>> Add(IReadOnlyList<Pdu> events)
    {
        await using var database = await ScratchDatabase.Open(options);
        var numbers = new Dictionary<EventId, long>();
        foreach (var batch in events.Chunk(BatchCount))
        {
            await database.Numbers.EnsureAsync(batch.Length);
            var records = batch.Select(pdu => Record(pdu, numbers[pdu.EventId] = database.Numbers.NextEventNid())).ToList();
            await Append(database, records, []);
        }

        await using var cites = OpenCites();
        await using var transaction = await cites.BeginTransactionAsync();
        await using var insert = cites.CreateCommand();
        insert.CommandText = "insert into cites (cited, citing) values (@cited, @citing)";
        var cited = insert.Parameters.Add("@cited", SqliteType.Text);
        var citing = insert.Parameters.Add("@citing", SqliteType.Text);
        foreach (var pdu in events.Where(e => e.IsState))
        {
            citing.Value = pdu.EventId.Value;
            foreach (var id in pdu.AuthEvents)
            {
                cited.Value = id.Value;
                insert.ExecuteNonQuery();
            }
        }

        await transaction.CommitAsync();
        return numbers;
    }

    /// <summary>Stores a state that differs from another by some keys.</summary>
    /// <returns>Its root.</returns>
    public async Task<long> AddState(long root, IReadOnlyList<(StateKey, long?)> changes)
    {
        await using var database = await ScratchDatabase.Open(options);
        var nodes = new List<StateNode>();
        long next;
        while (!database.States.TryApply(RoomNid, root, [.. changes], nodes, out next))
        {
            await database.States.LoadPath(RoomNid, root, [.. changes.Select(c => c.Item1)]);
        }

        await Append(database, [], nodes);
        return next;
    }

    /// <summary>Compares two states, loads what differs and what that stands on, and resolves: everything from the database, nothing from memory.</summary>
    public async Task<Resolved> Resolve(long rootA, long rootB)
    {
        await using var database = await ScratchDatabase.Open(options);
        await using var cites = OpenCites();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var differences = await database.States.Diff(RoomNid, rootA, rootB);
        var lookup = new ColdLookup(database, version, RoomNid);
        var byNid = await lookup.Load([.. differences.SelectMany(d => new[] { d.A, d.B }).OfType<long>()]);
        var input = new ConflictedState([Side(d => d.A), Side(d => d.B)], Unconflicted);
        var result = StateResolver.Resolve(version, input, lookup, new AuthChainWalk(lookup.Find, id => Citing(cites, id)));
        return new Resolved(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds, lookup.Count, input.Events.Count, result);

        Dictionary<StateKey, EventId> Side(Func<(Storage.State.StateKeyHash Key, long? A, long? B), long?> side) =>
            differences.Select(side).OfType<long>().Select(nid => byNid[nid]).ToDictionary(pdu => pdu.Key!.Value, pdu => pdu.EventId);

        EventId? Unconflicted(StateKey key)
        {
            var a = database.States.Get(RoomNid, rootA, key).AsTask().GetAwaiter().GetResult();
            var b = database.States.Get(RoomNid, rootB, key).AsTask().GetAwaiter().GetResult();
            return a == b && a is { } nid ? lookup.Load([nid]).GetAwaiter().GetResult()[nid].EventId : null;
        }
    }

    private static List<EventId> Citing(SqliteConnection cites, EventId id)
    {
        using var command = cites.CreateCommand();
        command.CommandText = "select citing from cites where cited = @cited";
        command.Parameters.AddWithValue("@cited", id.Value);
        using var reader = command.ExecuteReader();
        var citing = new List<EventId>();
        while (reader.Read())
        {
            citing.Add(EventId.Parse(reader.GetString(0)));
        }

        return citing;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static EventRecord Record(Pdu pdu, long nid) => new(
        nid, pdu.EventId, pdu.Type, pdu.StateKey, pdu.Sender, pdu.OriginServerTs, pdu.Depth, pdu.Json, pdu.PrevEvents, pdu.AuthEvents);

    private Task<AppendResult> Append(Database database, IReadOnlyList<EventRecord> outliers, IReadOnlyList<StateNode> nodes) =>
        database.Writer.Append(new AppendUnit
        {
            Room = new RoomAppend { RoomNid = RoomNid, RoomId = RoomId.Parse("!unused:localhost"), FirstVersion = 1, Entries = [], Outliers = outliers, Nodes = nodes },
        });

    private SqliteConnection OpenCites()
    {
        var connection = new SqliteConnection($"Data Source={options.ConnectionString}.cites;Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Events by id, read and parsed when they are first asked for.</summary>
    private sealed class ColdLookup(Database database, RoomVersion version, long roomNid) : IEventLookup
    {
        private readonly Dictionary<EventId, Pdu?> _known = [];

        public int Count => _known.Count;

        public Pdu? Find(EventId id)
        {
            if (!_known.TryGetValue(id, out var pdu))
            {
                var stored = database.Rooms.EventById(roomNid, id).GetAwaiter().GetResult();
                _known[id] = pdu = stored is null ? null : PduReader.ReadStored(stored.Json, version, id);
            }

            return pdu;
        }

        public bool IsRejected(EventId id) => false;

        public async Task<Dictionary<long, Pdu>> Load(long[] nids)
        {
            var loaded = new Dictionary<long, Pdu>();
            foreach (var stored in await database.Rooms.EventsByNids(roomNid, nids))
            {
                var id = EventId.Parse(stored.EventId);
                if (!_known.TryGetValue(id, out var pdu) || pdu is null)
                {
                    _known[id] = pdu = PduReader.ReadStored(stored.Json, version, id);
                }

                loaded[stored.Nid] = pdu;
            }

            return loaded;
        }
    }
}

/// <param name="Loaded">How many events were read.</param>
/// <param name="Conflicting">How many events are in the conflicted state set.</param>
internal sealed record Resolved(double Milliseconds, int Loaded, int Conflicting, IReadOnlyDictionary<StateKey, EventId?> Changes);
