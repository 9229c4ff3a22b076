using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace MatrixOrleans.Server.Tests.Storage;

/// <summary>Lost connections, restores, newer schemas.</summary>
public sealed class RecoveryTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_whose_connection_breaks_is_done_exactly_once(bool flushOutsideLock)
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Postgres, options => options with { FlushOutsideLock = flushOutsideLock });
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await using var admin = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable(TestDatabase.Variable)!);
        var name = new NpgsqlConnectionStringBuilder(test.Options.ConnectionString).Database;
        var going = true;
        var killing = Task.Run(async () =>
        {
            while (Volatile.Read(ref going))
            {
                await using var kill = admin.CreateCommand($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
                await kill.ExecuteNonQueryAsync();
                await Task.Delay(120);
            }
        });

        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 150; i++)
        {
            await Task.Delay(10);
            try
            {
                tasks.Add(test.Database.Writer.Append(await room.Message()));
            }
            catch (NpgsqlException)
            {
                // Numbers could not be had just now; the next message tries again.
            }
        }

        Volatile.Write(ref going, false);
        await killing;
        var results = await Task.WhenAll(tasks);
        Assert.All(results, result => Assert.Equal(AppendOutcome.Accepted, result.Outcome));
        NpgsqlConnection.ClearAllPools();
        var other = await test.Open();
        var timeline = await other.Rooms.Timeline(room.Nid, 2, backwards: false, 1000, null);
        Assert.Equal(results.Select(r => r.FirstPosition), timeline.Select(e => e.Position));
        Assert.Equal(Enumerable.Range(1, timeline.Count + 2).Select(i => (long)i), (await other.Log.Read(0, long.MaxValue, 1000)).Where(r => r.Kind != LogKind.Jump).Select(r => r.Position));
    }

    [Fact]
    public async Task Flushing_outside_the_lock_keeps_positions_contiguous()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Postgres, options => options with { FlushOutsideLock = true });
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 50; i++)
        {
            tasks.Add(test.Database.Writer.Append(await room.Message()));
        }

        Assert.Equal(Enumerable.Range(3, 50).Select(i => (long)i), (await Task.WhenAll(tasks)).Select(r => r.FirstPosition));
        Assert.Equal(52, await test.Database.Log.MaxPosition(durable: true));
    }

    [Fact]
    public async Task Positions_jump_ahead_when_the_database_is_another_one()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Postgres);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Writer.Execute((session, _) => session.Execute("update database_info set value = '\\x31'::bytea where name = 'server'"));
        var other = await test.Open();
        Assert.Equal(2 + PositionJump.Distance, await other.Log.MaxPosition());
        var result = await test.Database.Writer.Append(await room.Message());
        Assert.Equal(3 + PositionJump.Distance, result.FirstPosition);
        Assert.Equal(3 + PositionJump.Distance, (await test.Open()).Writer.CommittedPosition);
    }

    [Fact]
    public async Task Positions_jump_ahead_after_an_unclean_end_without_flushes()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Sqlite, options => options with { SynchronousFull = false });
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var database = await test.CrashAndReopen();
        Assert.Equal(2 + PositionJump.Distance, await database.Log.MaxPosition());
        var head = await database.Rooms.LoadHead(room.Nid);
        Assert.Equal((2, 2), (head.Version, head.LastPosition));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_newer_schema_is_refused(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.Writer.Execute((session, _) => session.Execute("insert into schema_version (version, applied_ms) values (9999, 1)"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.OpenAsync(test.Options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Processes_that_start_together_migrate_once(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => test.Database.MigrateAsync(CancellationToken.None))));
        Assert.Equal(
            (await test.Open()).States.Hash(1, StateKey.Create),
            test.Database.States.Hash(1, StateKey.Create));
    }
}
