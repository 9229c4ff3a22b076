using System.Text;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MatrixOrleans.Server.Tests.Storage;

/// <summary>
/// DESIGN 5.2: the state of a busy room (nodes, deltas, histories of members, their indexes) stays within three times its event JSON.
/// 10,000 joins, 10,000 mixed state changes, 500 two-way forks, each in a commit of its own order.
/// </summary>
public sealed class StateSizeTests
{
    private const int Joins = 10_000;
    private const int Mixed = 10_000;
    private const int Forks = 500;

    /// <summary>Free-space maps, three pages for each table and index that are counted.</summary>
    private const long FreeSpaceMapsBytes = 8 * 3 * 8192;

    /// <summary>What an event of room version 11 has besides its content: hashes, one signature, ids of four auth events and one before.</summary>
    private static readonly string Rest =
        $$$"""
        ,"auth_events":["${{{Hash('a')}}}","${{{Hash('b')}}}","${{{Hash('c')}}}"],"prev_events":["${{{Hash('d')}}}"],"depth":12345,"hashes":{"sha256":"{{{Hash('e')}}}"},
        "origin_server_ts":1700000000000,"signatures":{"example.org":{"ed25519:a_abcd":"{{{Hash('f')}}}{{{Hash('g')}}}"}},
        """;

    private readonly Random _random = new(5);
    private long _jsonBytes;

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task State_takes_at_most_three_times_the_event_JSON(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var last = Task.FromResult<AppendResult>(null!);
        for (var i = 0; i < Joins; i++)
        {
            last = test.Database.Writer.Append(await Change(test.Database, room, EventTypes.Member, TestRoom.User(i).Value, Membership.Join));
            await Pace(last, i);
        }

        for (var i = 0; i < Mixed; i++)
        {
            var user = TestRoom.User(_random.Next(Joins)).Value;
            var unit = (i % 5) switch
            {
                0 => await Change(test.Database, room, EventTypes.Member, user, Membership.Leave),
                1 => await Change(test.Database, room, EventTypes.Topic, "", Membership.None),
                2 => await Change(test.Database, room, "org.example.widget", $"{_random.Next(200)}", Membership.None),
                _ => await Change(test.Database, room, EventTypes.Member, user, Membership.Join),
            };
            last = test.Database.Writer.Append(unit);
            await Pace(last, i);
        }

        for (var i = 0; i < Forks; i++)
        {
            last = test.Database.Writer.Append(await Fork(test.Database, room));
            await Pace(last, i);
        }

        Assert.Equal(AppendOutcome.Accepted, (await last).Outcome);
        var state = await Bytes(test);
        var ratio = (double)state / _jsonBytes;
        TestContext.Current.TestOutputHelper?.WriteLine($"{provider}: state {state:N0} bytes, event JSON {_jsonBytes:N0}, ratio {ratio:F2}");
        Assert.True(ratio <= 3, $"state is {ratio:F2} times the event JSON");
        Assert.Equal(room.Model.Count, await (await test.Open()).States.Count(room.Nid, room.State));

        var mark = new RoomEntry { Kind = LogKind.Purge, RoomSeq = room.Seq - 100, CurrentState = room.State };
        await test.Database.Writer.Append(room.Unit([mark]));
        await test.Database.Rooms.Upkeep.PurgeHistory(room.Nid, await test.Database.Rooms.LoadHead(room.Nid), CancellationToken.None);
        var collected = await test.Database.Rooms.Upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        Assert.True(collected.Deleted > 9 * collected.Kept, $"{collected.Deleted} nodes deleted, {collected.Kept} kept");
        // Space within the tables is free for what comes; no table is compacted offline, so the size may not fall, and PostgreSQL keeps a map of the free space beside each table.
        var after = await Bytes(test);
        TestContext.Current.TestOutputHelper?.WriteLine($"{provider}: after a purge {after:N0} bytes");
        Assert.True(after <= state + FreeSpaceMapsBytes, $"{after} after a purge, {state} before");
        Assert.Equal(room.Model.Count, await (await test.Open()).States.Count(room.Nid, room.State));
    }

    /// <summary>A few hundred commits are under way at a time.</summary>
    private static async Task Pace(Task<AppendResult> last, int i)
    {
        if (i % 200 == 199)
        {
            Assert.Equal(AppendOutcome.Accepted, (await last).Outcome);
        }
    }

    private async Task<AppendUnit> Change(Database database, TestRoom room, string type, string key, Membership membership)
    {
        await database.Numbers.EnsureAsync(1);
        return room.Unit([await room.Entry(Event(room, type, key, membership), membership)]);
    }

    /// <summary>Two events on one state, then the state that resolves them.</summary>
    private async Task<AppendUnit> Fork(Database database, TestRoom room)
    {
        await database.Numbers.EnsureAsync(2);
        var before = room.State;
        var one = await room.Entry(Event(room, EventTypes.Member, TestRoom.User(_random.Next(Joins)).Value, Membership.Join), Membership.Join);
        var key = new StateKey("org.example.widget", $"{_random.Next(200)}");
        long? old = room.Model.TryGetValue(key, out var known) ? known : null;
        var body = Event(room, key.Type, key.Key, Membership.None);
        var branch = await room.Apply(before, (key, body.Nid));
        room.State = await room.Apply(one.StateAfter, (key, body.Nid));
        room.Model[key] = body.Nid;
        var two = new RoomEntry
        {
            Event = body,
            EventNid = body.Nid,
            RoomSeq = ++room.Seq,
            StateBefore = before,
            StateAfter = branch,
            CurrentState = room.State,
            Deltas = [new StateDelta(key.Type, key.Key, old, body.Nid)],
            Extremities = EventNids.Pack([one.EventNid, body.Nid]),
        };
        return room.Unit([one, two]);
    }

    private EventRecord Event(TestRoom room, string type, string key, Membership membership)
    {
        var sender = type == EventTypes.Member ? UserId.Parse(key) : TestRoom.Alice;
        var content = type == EventTypes.Member ? $$"""{"membership":"{{membership.Text()}}","displayname":"Somebody {{_random.Next(1000)}}"}""" : """{"name":"something of some length"}""";
        var json = Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","room_id":"{{room.Id}}","sender":"{{sender}}","state_key":"{{key}}","content":{{content}}{{Rest}}"unsigned":{}""" + "}");
        _jsonBytes += json.Length;
        return room.Event(type, key, sender) with { Json = json };
    }

    private static string Hash(char letter) => new(letter, 43);

    private static async Task<long> Bytes(TestDatabase test)
    {
        if (test.Options.Provider == DatabaseOptions.Sqlite)
        {
            return SqliteBytes(test.Options.ConnectionString);
        }

        await using var source = NpgsqlDataSource.Create(test.Options.ConnectionString);
        await using var vacuum = source.CreateCommand("vacuum state_nodes, deltas, member_changes");
        await vacuum.ExecuteNonQueryAsync();
        await using var size = source.CreateCommand(
            "select pg_total_relation_size('state_nodes') + pg_total_relation_size('deltas') + pg_total_relation_size('member_changes')");
        return (long)(await size.ExecuteScalarAsync())!;
    }

    /// <summary>How much smaller a copy gets without the tables; the bundled SQLite has no dbstat.</summary>
    private static long SqliteBytes(string path)
    {
        var copy = path + ".copy";
        try
        {
            using (var original = new SqliteConnection($"Data Source={path};Pooling=False"))
            {
                original.Open();
                Run(original, $"vacuum into '{copy}'");
            }

            var before = new FileInfo(copy).Length;
            using (var connection = new SqliteConnection($"Data Source={copy};Pooling=False"))
            {
                connection.Open();
                Run(connection, "drop table state_nodes; drop table deltas; drop table member_changes; vacuum");
            }

            return before - new FileInfo(copy).Length;
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
