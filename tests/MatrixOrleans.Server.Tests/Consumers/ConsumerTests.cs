using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage.Consumers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Server.Tests.Consumers;

public sealed class ConsumerTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_backlog_and_what_follows_are_handled_once_and_in_order(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await SeenRows.MakeTable(test.Database);
        var rooms = await Hosts.Rooms(test.Database, 5);
        await Hosts.Say(test.Database, rooms, 190);
        var all = new SeenRows("all");
        var late = new SeenRows("late", ConsumerStart.Head);
        await using var host = await Hosts.Start(test.Database, null, all, late);
        await all.Until(test.Database, 200);
        Assert.Contains(50, all.Sizes);
        while ((await test.Database.Consumers.All("late")).Count < ConsumerStore.PartCount)
        {
            await Task.Delay(10, Cancel);
        }

        await test.Database.Writer.Append(new AppendUnit { Users = [new ProfileSet("@alice:example.org", "displayname", "\"A\""u8.ToArray())] });
        await test.Database.Writer.Append(new AppendUnit { Users = [new AccountDataSet("@alice:example.org", null, null, "t", "{}"u8.ToArray())] });
        await Hosts.Say(test.Database, rooms, 20);
        await all.Until(test.Database, 221);
        await late.Until(test.Database, 21);
        Assert.Equal([.. Enumerable.Range(1, 200).Select(i => (long)i), .. Enumerable.Range(202, 21).Select(i => (long)i)], await all.Seen(test.Database));
        Assert.Equal(Enumerable.Range(202, 21).Select(i => (long)i), await late.Seen(test.Database));
        Assert.True(all.Commits > 0);
        await host.Stop(Cancel);
        Assert.All(await test.Database.Consumers.All("all"), lease => Assert.Equal(222, lease.Cursor));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Silos_share_the_partitions_and_nothing_is_lost_or_doubled_when_they_come_and_go(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var other = await test.Open();
        await SeenRows.MakeTable(test.Database);
        var rooms = await Hosts.Rooms(test.Database, 20);
        var consumer = new SeenRows("shared");
        await using var first = await Hosts.Start(test.Database, null, consumer);
        await Hosts.Say(test.Database, rooms, 100);
        await using var second = await Hosts.Start(other, null, consumer);
        await Shares(32, 32);
        for (var i = 0; i < 10; i++)
        {
            await Hosts.Say(test.Database, rooms, 20);
        }

        // One ends like a crashed process, and its partitions are taken when it has not been heard of for a while.
        await first.Crash();
        await Hosts.Say(test.Database, rooms, 60);
        await Shares(64);
        await using var third = await Hosts.Start(test.Database, null, consumer);
        await Shares(32, 32);
        await second.Stop(Cancel);
        await Shares(64);
        await Hosts.Say(test.Database, rooms, 40);
        await consumer.Until(test.Database, 440);
        Assert.Equal(Enumerable.Range(1, 440).Select(i => (long)i), await consumer.Seen(test.Database));

        async Task Shares(params int[] expected)
        {
            var until = Environment.TickCount64 + 30_000;
            while (true)
            {
                var shares = await test.Database.Source.Query(
                    "select count(*) from consumer_leases where consumer = 'shared' group by holder order by 1", static reader => (int)reader.GetInt64(0));
                var alive = await test.Database.Source.Number("select count(*) from consumer_holders");
                if (shares.SequenceEqual(expected) && alive == expected.Length)
                {
                    return;
                }

                Assert.True(Environment.TickCount64 < until, $"{string.Join(", ", shares)} partitions are held");
                await Task.Delay(20, Cancel);
            }
        }
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_crash_between_handling_and_commit_loses_and_doubles_nothing(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await SeenRows.MakeTable(test.Database);
        var rooms = await Hosts.Rooms(test.Database, 3);
        var consumer = new SeenRows("one");
        var entered = consumer.Close();
        await using var first = await Hosts.Start(test.Database, Hosts.Quick with { Alone = true }, consumer);
        await entered.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await first.Crash();
        consumer.Open();
        Assert.Empty(await consumer.Seen(test.Database));
        await using var second = await Hosts.Start(test.Database, Hosts.Quick with { Alone = true }, consumer);
        await Hosts.Say(test.Database, rooms, 10);
        await consumer.Until(test.Database, 16);
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (long)i), await consumer.Seen(test.Database));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_holder_that_lost_its_partitions_writes_nothing_more(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await SeenRows.MakeTable(test.Database);
        var rooms = await Hosts.Rooms(test.Database, 3);
        var consumer = new SeenRows("one");
        var entered = consumer.Close();
        await using var host = await Hosts.Start(test.Database, Hosts.Quick with { Alone = true, BeatEvery = TimeSpan.FromHours(1) }, consumer);
        await entered.WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        // While it works on rows that it has read, another takes the partitions, deals with the same rows, and ends.
        var taken = await test.Database.Consumers.Take("one", "other", ["other"], 64);
        Assert.Equal(64, taken.Count);
        Assert.All(taken, lease => Assert.Equal(0, lease.Cursor));
        await test.Database.Writer.Execute(async (session, _) =>
        {
            await ConsumerStore.Move(session, "one", "other", [.. taken], 6);
            return await session.Execute("insert into seen (consumer, part, pos) values ('one', 0, 1), ('one', 0, 2), ('one', 0, 3), ('one', 0, 4), ('one', 0, 5), ('one', 0, 6)");
        });
        await test.Database.Consumers.End("other");
        consumer.Open();
        await Hosts.Say(test.Database, rooms, 9);
        await consumer.Until(test.Database, 15);
        Assert.Equal(Enumerable.Range(1, 15).Select(i => (long)i), await consumer.Seen(test.Database));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_move_that_was_done_already_is_refused_with_its_effects(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await SeenRows.MakeTable(test.Database);
        await test.Database.Consumers.Register("one", 0);
        var lease = (await test.Database.Consumers.Take("one", "me", ["me"], 1))[0];
        await Move(lease, 5);
        await Assert.ThrowsAsync<LeaseLostException>(() => Move(lease, 7));
        await Move(lease with { Cursor = 5 }, 7);
        await Assert.ThrowsAsync<LeaseLostException>(() => Move(lease with { Cursor = 7, Epoch = 0 }, 9));
        Assert.Equal([5, 7], await new SeenRows("one").Seen(test.Database));
        Assert.Equal(7, (await test.Database.Consumers.Held("one", "me"))[0].Cursor);

        Task<int> Move(LeaseRow from, long to) => test.Database.Writer.Execute(async (session, _) =>
        {
            await ConsumerStore.Move(session, "one", "me", [from], to);
            return await session.Execute("insert into seen (consumer, part, pos) values ('one', 0, @pos)", ("pos", to));
        });
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_partition_that_fails_holds_no_other_up_and_catches_up(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await SeenRows.MakeTable(test.Database);
        var rooms = await Hosts.Rooms(test.Database, 4);
        var consumer = new SeenRows("one");
        var part = (int)(rooms[2].Nid % ConsumerStore.PartCount);
        consumer.Failing[part] = true;
        await using var host = await Hosts.Start(test.Database, Hosts.Quick with { RetryMax = TimeSpan.FromMilliseconds(100) }, consumer);
        await Hosts.Say(test.Database, rooms, 400);
        await consumer.Until(test.Database, 306);
        Assert.Equal(306, (await consumer.Seen(test.Database)).Count);
        consumer.Failing.Clear();
        await consumer.Until(test.Database, 408);
        Assert.Equal(Enumerable.Range(1, 408).Select(i => (long)i), await consumer.Seen(test.Database));
        var order = await test.Database.Source.Query(
            $"select pos from seen where part = {part} order by number", static reader => reader.GetInt64(0));
        Assert.Equal(order.Order(), order);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Rows_that_lead_to_nothing_cost_no_writes_until_the_end(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var rooms = await Hosts.Rooms(test.Database, 4);
        var consumer = new SeenRows("quiet") { Writes = false };
        await using var host = await Hosts.Start(test.Database, Hosts.Quick with { StoreEvery = TimeSpan.FromHours(1) }, consumer);
        await Hosts.Say(test.Database, rooms, 100);
        var until = Environment.TickCount64 + 20_000;
        while (consumer.Sizes.Sum() < 108)
        {
            Assert.True(Environment.TickCount64 < until, $"{consumer.Sizes.Sum()} rows were handled");
            await Task.Delay(10, Cancel);
        }

        Assert.Contains(await test.Database.Consumers.All("quiet"), lease => lease.Cursor < 108);
        await host.Stop(Cancel);
        Assert.All(await test.Database.Consumers.All("quiet"), lease => Assert.Equal(108, lease.Cursor));
        Assert.Equal(0, await test.Database.Source.Number("select count(*) from consumer_holders"));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Without_consumers_nothing_is_read_or_written(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var reads = test.Database.Reads;
        await using var host = await Hosts.Start(test.Database);
        await Task.Delay(200, Cancel);
        Assert.Equal(reads, test.Database.Reads);
        Assert.Equal(0, await test.Database.Source.Number("select count(*) from consumer_holders"));
    }
}
