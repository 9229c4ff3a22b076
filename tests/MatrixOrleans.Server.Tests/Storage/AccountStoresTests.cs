using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class AccountStoresTests
{
    private static readonly UserId Alice = TestRoom.Alice;
    private static readonly ServerName Tenant = ServerName.Parse("example.org");

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task An_account_is_created_once_and_its_flags_change_alone(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var accounts = test.Database.Accounts;
        Assert.False(await accounts.Any());
        var row = new AccountRow(Alice, "hash", 5);
        Assert.True(await accounts.Create(row));
        Assert.False(await accounts.Create(row with { PasswordHash = "other" }));
        Assert.Equal(row, await accounts.Get(Alice));
        Assert.True(await accounts.Set(Alice, AccountFlag.Locked, true));
        Assert.True(await accounts.Set(Alice, AccountFlag.Admin, true));
        Assert.False(await accounts.Set(TestRoom.Bob, AccountFlag.Admin, true));
        Assert.Equal(row with { Locked = true, Admin = true }, await accounts.Get(Alice));
        Assert.True(await accounts.SetPassword(Alice, "new"));
        Assert.False(await accounts.ReplacePasswordHash(Alice, "hash", "stale"));
        Assert.Equal("new", (await accounts.Get(Alice))!.PasswordHash);
        await accounts.Create(new AccountRow(UserId.Parse("@zoe:example.org"), null, 1));
        await accounts.Create(new AccountRow(UserId.Parse("@zoe:elsewhere.org"), null, 1));
        Assert.Equal(["@alice:example.org", "@zoe:example.org"], (await accounts.List(Tenant, "", 10)).Select(a => a.UserId.Value));
        Assert.Equal(["@zoe:example.org"], (await accounts.List(Tenant, "@alice:example.org", 10)).Select(a => a.UserId.Value));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_belongs_to_a_device_dies_with_it(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var database = test.Database;
        await database.Accounts.Create(new AccountRow(Alice, "hash", 5));
        foreach (var device in (string[])["A", "B"])
        {
            Assert.True(await database.Devices.Put(new DeviceRow(Alice, device, "Phone " + device, 1)));
            await database.Writer.Execute(async (session, _) =>
            {
                await TokenStore.Add(session, new TokenRow(TokenKind.Access, Hash(device), Alice, device, 1, null));
                return 0;
            });
            await database.Writer.Append(new AppendUnit
            {
                Users = [new ToDeviceSend(Alice.Value, device, "@bob:x", "t", new byte[] { 1 })],
                Txn = new TxnRecord($"{Alice}|{device}|send|x|1", "$e", 1),
            });
        }

        Assert.False(await database.Devices.Put(new DeviceRow(Alice, "A", null, 2)));
        Assert.Equal("Phone A", (await database.Devices.Get(Alice, "A"))!.DisplayName);
        Assert.True(await database.Devices.Rename(Alice, "A", "Tablet"));
        await database.Devices.Seen([new DeviceRow(Alice, "A", null, 0, 99, "1.2.3.4", "agent")]);
        Assert.Equal(new DeviceRow(Alice, "A", "Tablet", 1, 99, "1.2.3.4", "agent"), await database.Devices.Get(Alice, "A"));
        Assert.Equal(Alice, (await database.Tokens.Find(TokenKind.Access, Hash("A")))!.Value.Account.UserId);
        Assert.Null(await database.Tokens.Find(TokenKind.Refresh, Hash("A")));

        Assert.Equal(["A"], await database.Devices.Remove(Alice, ["A", "none"]));
        Assert.Null(await database.Tokens.Find(TokenKind.Access, Hash("A")));
        Assert.Empty(await database.ToDevice.Read(Alice, "A", 0, 100, 10));
        Assert.Null(await database.Rooms.TxnAnswer($"{Alice}|A|send|x|1"));
        Assert.NotNull(await database.Tokens.Find(TokenKind.Access, Hash("B")));
        Assert.Single(await database.ToDevice.Read(Alice, "B", 0, 100, 10));
        Assert.Equal("$e", await database.Rooms.TxnAnswer($"{Alice}|B|send|x|1"));
        Assert.Equal(["B"], (await database.Devices.OfUser(Alice)).Select(d => d.DeviceId));

        Assert.True(await database.Accounts.Deactivate(Alice, erase: true));
        Assert.Null(await database.Tokens.Find(TokenKind.Access, Hash("B")));
        Assert.Empty(await database.Devices.OfUser(Alice));
        Assert.Equal((true, true, null), ((await database.Accounts.Get(Alice))!.Deactivated, (await database.Accounts.Get(Alice))!.Erased, (await database.Accounts.Get(Alice))!.PasswordHash));
        Assert.False(await database.Accounts.Create(new AccountRow(Alice, "again", 6)));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_login_token_works_once_and_not_after_its_time(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.Tokens.AddLogin(Hash("one"), Alice, 100);
        await test.Database.Tokens.AddLogin(Hash("late"), Alice, 50);
        Task<UserId?> Take(string token) => test.Database.Writer.Execute((session, _) => TokenStore.TakeLogin(session, Hash(token), 60));
        Assert.Null(await Take("late"));
        Assert.Equal(Alice, await Take("one"));
        Assert.Null(await Take("one"));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_registration_token_lets_no_more_in_than_it_says(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var tokens = test.Database.RegistrationTokens;
        Assert.True(await tokens.Create(new RegistrationTokenRow("t", 2, 0, 0, 100)));
        Assert.False(await tokens.Create(new RegistrationTokenRow("t", null, 0, 0, null)));
        Assert.True(await tokens.IsValid("t", 50));
        Assert.False(await tokens.IsValid("t", 100));
        Assert.False(await tokens.IsValid("none", 50));
        var begun = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => tokens.Begin("t", 50)));
        Assert.Equal(2, begun.Count(ok => ok));
        await tokens.End("t", registered: true);
        await tokens.End("t", registered: false);
        Assert.Equal(new RegistrationTokenRow("t", 2, 0, 1, 100), await tokens.Get("t"));
        Assert.True(await tokens.Begin("t", 50));
        Assert.False(await tokens.Begin("t", 50));
        Assert.True(await tokens.Update("t", null, null));
        Assert.True(await tokens.IsValid("t", 500));
        Assert.True(await tokens.Remove("t"));
        Assert.Empty(await tokens.List());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_tenant_has_one_signing_key_whoever_starts_first(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var other = await test.Open();
        SigningKeyRow Key(int i) => new(Tenant, $"ed25519:k{i}", new byte[] { (byte)i }, i, null);
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? test.Database : other).Keys.CurrentOr(Key(i))));
        Assert.Single(all.Select(k => k.KeyId).Distinct());
        var keys = test.Database.Keys;
        await keys.Rotate(Key(50));
        Assert.Equal("ed25519:k50", (await keys.CurrentOr(Key(60))).KeyId);
        Assert.Equal([("ed25519:k50", null), (all[0].KeyId, (long?)50)], (await keys.OfTenant(Tenant)).Select(k => (k.KeyId, k.ExpiredMs)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keys.Rotate(Key(50)));
        Assert.Equal("ed25519:k50", (await keys.CurrentOr(Key(60))).KeyId);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Tenants_are_added_and_suspended(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        Assert.True(await test.Database.Tenants.Add(Tenant, 3));
        Assert.False(await test.Database.Tenants.Add(Tenant, 4));
        Assert.True(await test.Database.Tenants.Suspend(Tenant, true));
        Assert.Equal([new TenantRow(Tenant, 3, true)], await test.Database.Tenants.List());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_alias_belongs_to_one_room(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var aliases = test.Database.Aliases;
        var row = new AliasRow(RoomAlias.Parse("#a:example.org"), RoomId.Parse("!r:example.org"), Alice, 1);
        Assert.True(await aliases.Add(row));
        Assert.False(await aliases.Add(row with { RoomId = RoomId.Parse("!other:example.org") }));
        Assert.Equal(row, await aliases.Get(row.Alias));
        Assert.Equal([row], await aliases.OfRoom(row.RoomId));
        Assert.True(await aliases.Remove(row.Alias));
        Assert.False(await aliases.Remove(row.Alias));
        Assert.Null(await aliases.Get(row.Alias));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_directory_pages_by_members_and_searches(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var directory = test.Database.Directory;
        DirectoryRow Row(string name, long joined) => new(RoomId.Parse($"!{name}:example.org"), joined, $"{name} 100% Öl", Encoding.UTF8.GetBytes(name));
        foreach (var (name, joined) in new[] { ("a", 5L), ("b", 9L), ("c", 5L), ("d", 1L) })
        {
            await directory.Set(Tenant, Row(name, joined));
        }

        await directory.Set(ServerName.Parse("other.org"), Row("e", 7));
        Assert.Equal(4, await directory.Count(Tenant));
        var first = await directory.Page(Tenant, null, null, backwards: false, 2);
        Assert.Equal(["!b:example.org", "!a:example.org"], first.Select(r => r.RoomId.Value));
        var second = await directory.Page(Tenant, null, (first[1].Joined, first[1].RoomId.Value), backwards: false, 2);
        Assert.Equal(["!c:example.org", "!d:example.org"], second.Select(r => r.RoomId.Value));
        Assert.Equal(first.Select(r => r.RoomId), (await directory.Page(Tenant, null, (second[0].Joined, second[0].RoomId.Value), backwards: true, 2)).Select(r => r.RoomId));
        Assert.Equal(4, (await directory.Page(Tenant, "100% öl", null, false, 10)).Count);
        Assert.Empty(await directory.Page(Tenant, "100_", null, false, 10));
        Assert.Equal(["!d:example.org"], (await directory.Page(Tenant, "D", null, false, 10)).Select(r => r.RoomId.Value));
        Assert.Equal(1, await directory.Update(Row("d", 50)));
        Assert.Equal("!d:example.org", (await directory.Page(Tenant, null, null, false, 1))[0].RoomId.Value);
        Assert.True(await directory.Remove(Tenant, RoomId.Parse("!d:example.org")));
        Assert.False(await directory.IsPublic(Tenant, RoomId.Parse("!d:example.org")));
        Assert.True(await directory.IsPublic(Tenant, RoomId.Parse("!a:example.org")));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Key_counts_leave_out_fallback_keys(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.Writer.Execute((session, _) => session.Execute(
            """
            insert into one_time_keys (user_id, device_id, algorithm, key_id, json, created_ms) values
                (@user, 'A', 'signed_curve25519', '1', @json, 1), (@user, 'A', 'signed_curve25519', '2', @json, 1), (@user, 'B', 'other', '5', @json, 1)
            """,
            ("user", Alice.Value),
            ("json", new byte[] { 1 })));
        await test.Database.Writer.Execute((session, _) => session.Execute(
            """
            insert into fallback_keys (user_id, device_id, algorithm, key_id, json, used) values
                (@user, 'A', 'signed_curve25519', '1', @json, 0), (@user, 'A', 'other', '4', @json, 1)
            """,
            ("user", Alice.Value),
            ("json", new byte[] { 1 })));
        var (counts, unused) = await test.Database.OneTimeKeys.Counts(Alice, "A");
        Assert.Equal(new Dictionary<string, int> { ["signed_curve25519"] = 2 }, counts);
        Assert.Equal(["signed_curve25519"], unused);
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
