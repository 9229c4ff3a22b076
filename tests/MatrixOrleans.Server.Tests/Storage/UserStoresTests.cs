using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class UserStoresTests
{
    private static readonly UserId Alice = TestRoom.Alice;

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Account_data_is_replaced_deleted_and_told_since_a_position(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var data = test.Database.AccountData;
        await Write(test.Database, new AccountDataSet(Alice.Value, null, null, "m.direct", Bytes("{}")), new AccountDataSet(Alice.Value, 5, "!r:x", "m.tag", Bytes("{\"tags\":{}}")));
        await Write(test.Database, new AccountDataSet(Alice.Value, null, null, "m.direct", Bytes("{\"a\":1}")), new AccountDataSet(TestRoom.Bob.Value, null, null, "m.direct", Bytes("{}")));
        var direct = await data.Get(Alice, null, "m.direct");
        Assert.Equal(("{\"a\":1}", 3L, null), (Text(direct!.Json), direct.Position, direct.RoomNid));
        Assert.Null(await data.Get(Alice, 5, "m.direct"));
        Assert.Equal([("m.tag", (long?)5), ("m.direct", null)], (await data.All(Alice)).Select(row => (row.Type, row.RoomNid)));

        await Write(test.Database, new AccountDataSet(Alice.Value, null, null, "m.direct", null));
        Assert.Null(await data.Get(Alice, null, "m.direct"));
        Assert.Single(await data.All(Alice));
        var since = Assert.Single(await data.Since(Alice, 3, 100));
        Assert.Equal(("m.direct", null, 5L), (since.Type, since.Json, since.Position));
        Assert.Empty(await data.Since(Alice, 5, 100));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Several_changes_of_one_key_in_a_batch_leave_the_last(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var tasks = Enumerable.Range(0, 50).Select(i => test.Database.Writer.Append(new AppendUnit
        {
            Users = [new AccountDataSet(Alice.Value, null, null, "t", Bytes($"{2 * i}")), new AccountDataSet(Alice.Value, null, null, "t", Bytes($"{(2 * i) + 1}"))],
        })).ToArray();
        await Task.WhenAll(tasks);
        var row = await test.Database.AccountData.Get(Alice, null, "t");
        Assert.Equal(("99", 100L), (Text(row!.Json), row.Position));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_receipt_never_moves_back(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var receipts = test.Database.Receipts;
        ReceiptSet At(long seq, string type = "m.read", string thread = "") => new(Alice.Value, 9, type, thread, $"$e{seq}", seq, 1000 + seq);
        await Write(test.Database, At(5));
        await Write(test.Database, At(3), At(4));
        Assert.Equal(("$e5", 5L, 1005L, 1L), Assert.Single((await receipts.OfRoom(9)).Select(r => (r.EventId, r.RoomSeq, r.Ts, r.Position))));
        await Write(test.Database, At(7), At(6), At(2, "m.read.private"), At(2, "m.read", "main"));
        Assert.Equal(
            [("m.read", "", 7L), ("m.read", "main", 2L), ("m.read.private", "", 2L)],
            (await receipts.OfUser(9, Alice)).Select(r => (r.Type, r.Thread, r.RoomSeq)).Order());
        Assert.Equal(3, (await receipts.Since(9, 1, 100)).Count);
        Assert.Empty(await receipts.Since(9, 7, 100));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_receipt_for_an_unknown_event_waits_for_it(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var later = EventId.Parse("$later:example.org");
        await Write(test.Database, new ReceiptSet(Alice.Value, 9, "m.read", "main", later.Value, null, 7, Bytes("{}")));
        Assert.Empty(await test.Database.Receipts.OfRoom(9));
        Assert.Empty(await test.Database.Receipts.TakeWaiting(8, later));
        var waiting = Assert.Single(await test.Database.Receipts.TakeWaiting(9, later));
        Assert.Equal((Alice.Value, "m.read", "main", 7L, "{}"), (waiting.UserId, waiting.Type, waiting.Thread, waiting.Ts, Text(waiting.Json)));
        Assert.Empty(await test.Database.Receipts.TakeWaiting(9, later));
        await Write(test.Database, waiting with { RoomSeq = 4 });
        Assert.Equal(4, Assert.Single(await test.Database.Receipts.OfRoom(9)).RoomSeq);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Messages_to_devices_wait_until_the_device_shows_it_has_them(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        ToDeviceSend To(string device, string id, int n) => new(Alice.Value, device, "@bob:x", "m.test", Bytes($"{n}"), id);
        await Write(test.Database, To("A", "1", 1), To("B", "1", 2), To("A", "2", 3));

        // The same message again, as a server repeats it.
        await Write(test.Database, To("A", "1", 4));
        var store = test.Database.ToDevice;
        Assert.Equal([(1L, "1"), (3L, "3")], (await store.Read(Alice, "A", 0, 100, 10)).Select(m => (m.Position, Text(m.Json))));
        Assert.Equal([1L], (await store.Read(Alice, "A", 0, 100, 1)).Select(m => m.Position));
        Assert.Equal([3L], (await store.Read(Alice, "A", 1, 100, 10)).Select(m => m.Position));
        await store.DeleteUpTo(Alice, "A", 1);
        Assert.Equal([3L], (await store.Read(Alice, "A", 0, 100, 10)).Select(m => m.Position));
        Assert.Single(await store.Read(Alice, "B", 0, 100, 10));

        // Many at once, of several devices.
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => store.DeleteUpTo(Alice, i % 2 == 0 ? "A" : "B", i % 3)));
        Assert.Equal([3L], (await store.Read(Alice, "A", 0, 100, 10)).Select(m => m.Position));
        Assert.Empty(await store.Read(Alice, "B", 0, 100, 10));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Device_list_changes_are_found_by_user_and_stretch(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await Write(test.Database, new DeviceListChanged(Alice.Value));
        await Write(test.Database, new DeviceListChanged(TestRoom.Bob.Value), new ProfileSet(TestRoom.User(1).Value, "displayname", Bytes("\"x\"")));
        var lists = test.Database.DeviceLists;
        UserId[] all = [Alice, TestRoom.Bob, TestRoom.User(1)];
        Assert.Equal([Alice.Value, TestRoom.Bob.Value], (await lists.Changed(all, 0, 100)).Select(u => u.Value).Order());
        Assert.Equal([TestRoom.Bob], await lists.Changed(all, 1, 100));
        Assert.Empty(await lists.Changed([Alice], 1, 100));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Profiles_are_kept_by_field(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await Write(test.Database, new ProfileSet(Alice.Value, "displayname", Bytes("\"Alice\"")), new ProfileSet(Alice.Value, "m.tz", Bytes("\"Europe/Oslo\"")));
        await Write(test.Database, new ProfileSet(TestRoom.Bob.Value, "displayname", Bytes("\"Bob\"")), new ProfileSet(Alice.Value, "m.tz", null));
        var profiles = test.Database.Profiles;
        Assert.Equal(["displayname"], (await profiles.Get(Alice)).Select(f => f.Field));
        Assert.Null(await profiles.Get(Alice, "m.tz"));
        Assert.Equal("\"Alice\"", Text((await profiles.Get(Alice, "displayname"))!.Json));
        Assert.Equal(2, (await profiles.Get([Alice, TestRoom.Bob, TestRoom.User(1)], "displayname")).Count);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_same_filter_gets_the_same_number(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var filters = test.Database.Filters;
        Assert.Equal(0, await filters.Add(Alice, Bytes("{}")));
        Assert.Equal(1, await filters.Add(Alice, Bytes("{\"a\":1}")));
        Assert.Equal(0, await filters.Add(Alice, Bytes("{}")));
        Assert.Equal(0, await filters.Add(TestRoom.Bob, Bytes("{\"a\":1}")));
        Assert.Equal("{\"a\":1}", Text(await filters.Get(Alice, 1)));
        Assert.Null(await filters.Get(TestRoom.Bob, 1));
        var numbers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => filters.Add(Alice, Bytes($"{i % 5}"))));
        Assert.Equal(5, numbers.Distinct().Count());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Unread_counts_follow_the_furthest_cursor(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var unread = test.Database.Unread;
        await unread.Set(Alice, [new UnreadRow(1, "main", 3, 1, 10), new UnreadRow(1, "$t", 1, 0, 10), new UnreadRow(2, "main", 5, 0, 4)]);
        await unread.Set(Alice, [new UnreadRow(1, "main", 0, 0, 12), new UnreadRow(2, "main", 9, 9, 3)]);
        Assert.Equal([(1L, "$t", 1L), (1L, "main", 0L), (2L, "main", 5L)], (await unread.OfUser(Alice)).Select(r => (r.RoomNid, r.Thread, r.Notify)).Order());
        Assert.Equal(2, (await unread.OfRoom(Alice, 1)).Count);
    }

    private static async Task Write(Database database, params UserEntry[] entries) =>
        Assert.Equal(AppendOutcome.Accepted, (await database.Writer.Append(new AppendUnit { Users = entries })).Outcome);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } b ? Encoding.UTF8.GetString(b.Span) : null;
}
