using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Server.Tests.Storage;

/// <summary>The full-text index, asked for more rooms than one look-up takes.</summary>
public sealed class SearchStoreTests
{
    private const int Rooms = 37;
    private const int EventsOfRoom = 4;
    private static readonly SearchKey[] Everywhere = [SearchKey.Body, SearchKey.Name, SearchKey.Topic];

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Every_event_of_the_rooms_is_found_once_and_in_order(string provider)
    {
        await using var test = await Filled(provider);
        long[] rooms = [.. Enumerable.Range(1, 25).Select(room => (long)room)];
        var (first, count) = await test.Database.Search.Find(["common"], rooms, Everywhere, recent: true, 0, 60);
        Assert.Equal(25 * EventsOfRoom, count);
        var (rest, _) = await test.Database.Search.Find(["common"], rooms, Everywhere, recent: true, 60, 60);
        long[] expected = [.. Enumerable.Range(0, Rooms * EventsOfRoom).Where(i => i % Rooms < 25).Select(i => (long)i + 1).OrderDescending()];
        Assert.Equal(expected, first.Concat(rest).Select(row => row.EventNid));
        Assert.All(first, row => Assert.Equal(((row.EventNid - 1) % Rooms) + 1, row.RoomNid));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Rooms_words_and_members_narrow_what_is_found(string provider)
    {
        await using var test = await Filled(provider);
        long[] all = [.. Enumerable.Range(1, Rooms).Select(room => (long)room)];
        Assert.Equal(Rooms, (await Find(["common"], all, SearchKey.Name)).Count);
        Assert.Equal(Rooms * (EventsOfRoom - 1), (await Find(["common"], all, SearchKey.Body, SearchKey.Topic)).Count);
        Assert.Equal([8], (await Find(["common", "number7"], all, Everywhere)).Select(row => row.EventNid));
        Assert.Empty(await Find(["number7"], [.. all.Where(room => room != 8)], Everywhere));
        Assert.Equal(EventsOfRoom, (await Find(["common"], [8, 8], Everywhere)).Count);

        async Task<IReadOnlyList<SearchRow>> Find(string[] words, long[] rooms, params SearchKey[] keys)
        {
            var (rows, count) = await test.Database.Search.Find(words, rooms, keys, recent: false, 0, 1_000);
            Assert.Equal(rows.Count, count);
            return rows;
        }
    }

    /// <summary>Events from 1 on, a round of all rooms after the other; those of the first round are names.</summary>
    private static async Task<TestDatabase> Filled(string provider)
    {
        var test = await TestDatabase.Create(provider);
        await test.Database.Writer.Execute(async (session, _) =>
        {
            await SearchStore.Add(session, [.. Enumerable.Range(0, Rooms * EventsOfRoom).Select(i =>
                new SearchEntry(i + 1, (i % Rooms) + 1, 1_000 + i, i < Rooms ? SearchKey.Name : SearchKey.Body, ["common", $"number{i}"]))]);
            return 0;
        });
        return test;
    }
}
