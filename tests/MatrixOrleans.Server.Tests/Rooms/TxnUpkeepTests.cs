using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace MatrixOrleans.Server.Tests.Rooms;

/// <summary>Clients' transactions are remembered for a day and no longer.</summary>
public sealed class TxnUpkeepTests
{
    private const long NowMs = 1_800_000_000_000;
    private const long DayMs = 24 * 60 * 60 * 1000;

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task What_is_older_than_a_day_is_forgotten_by_whichever_silo_comes_first(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();

        // More than one page, old and new mixed.
        for (var i = 0; i < 30; i++)
        {
            var at = i % 3 == 0 ? NowMs - DayMs : NowMs - DayMs - 1;
            Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(await room.Message("a", new TxnRecord($"key-{i}", $"$e{i}", at)))).Outcome);
        }

        await test.Database.Writer.Execute(async (session, _) =>
        {
            for (var i = 0; i < 2_500; i++)
            {
                await session.Execute("insert into txns (key, answer, created_ms) values (@key, '$e', 1)", ("key", $"old-{i}"));
            }

            return 0;
        });
        using var first = Upkeep(test);
        using var second = Upkeep(test);
        var forgotten = await Task.WhenAll(first.Run(TestContext.Current.CancellationToken), second.Run(TestContext.Current.CancellationToken));
        Assert.Equal(2_520, forgotten.Sum());
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(i % 3 == 0 ? $"$e{i}" : null, await test.Database.Rooms.TxnAnswer($"key-{i}"));
        }

        Assert.Null(await test.Database.Rooms.TxnAnswer("old-2499"));
        Assert.Equal(0, await first.Run(TestContext.Current.CancellationToken));
    }

    private static TxnUpkeep Upkeep(TestDatabase test) => new(test.Database, new At(NowMs), NullLogger<TxnUpkeep>.Instance);

    private sealed class At(long ms) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(ms);
    }
}
