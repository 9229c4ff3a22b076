using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class AccountStoreTests
{
    private static readonly UserId Alice = UserId.Parse("@alice:one.test");
    private static readonly byte[] Access = [1];
    private static readonly byte[] Refresh = [2];

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_account_is_made_once_and_its_flags_are_kept(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var accounts = test.Database.Accounts;
        Assert.False(await accounts.Any());
        Assert.True(await accounts.Create(new AccountRow(Alice, "hash", 7)));
        Assert.False(await accounts.Create(new AccountRow(Alice, "other", 8)));
        Assert.True(await accounts.Any());
        Assert.True(await accounts.Set(Alice, AccountFlag.Locked, true));
        Assert.True(await accounts.Set(Alice, AccountFlag.Suspended, true));
        Assert.True(await accounts.Set(Alice, AccountFlag.Suspended, false));
        Assert.Equal(new AccountRow(Alice, "hash", 7, Locked: true), await accounts.Get(Alice));
        Assert.False(await accounts.Set(UserId.Parse("@nobody:one.test"), AccountFlag.Admin, true));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_password_hash_is_replaced_only_while_it_is_the_old_one(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var accounts = test.Database.Accounts;
        await accounts.Create(new AccountRow(Alice, "first", 7));
        Assert.False(await accounts.ReplacePasswordHash(Alice, "stale", "better"));
        Assert.True(await accounts.ReplacePasswordHash(Alice, "first", "better"));
        Assert.Equal("better", (await accounts.Get(Alice))!.PasswordHash);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Only_a_guest_is_upgraded(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var guest = UserId.Parse("@1:one.test");
        await test.Database.Accounts.Create(new AccountRow(guest, null, 7, Guest: true));
        await test.Database.Accounts.Create(new AccountRow(Alice, "hash", 7));
        Assert.True(await test.Database.Writer.Execute((session, _) => AccountStore.Upgrade(session, guest, "new")));
        Assert.False(await test.Database.Writer.Execute((session, _) => AccountStore.Upgrade(session, Alice, "new")));
        Assert.Equal(new AccountRow(guest, "new", 7), await test.Database.Accounts.Get(guest));
        Assert.Equal("hash", (await test.Database.Accounts.Get(Alice))!.PasswordHash);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_first_use_of_a_child_ends_its_parent(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await LogIn(test.Database);
        byte[] child = [3];
        await test.Database.Writer.Execute(async (session, _) =>
        {
            await TokenStore.Add(session, new TokenRow(TokenKind.Access, child, Alice, "D", 2, 3, Refresh));
            return 0;
        });
        Assert.Null(await test.Database.Tokens.Find(TokenKind.Refresh, Access));
        var (token, account) = (await test.Database.Tokens.Find(TokenKind.Access, child))!.Value;
        Assert.Equal("hash", account.PasswordHash);
        Assert.Equal(Refresh, token.Parent);
        Assert.NotNull(await test.Database.Tokens.Find(TokenKind.Refresh, Refresh));

        await test.Database.Tokens.Used(token);
        Assert.Null(await test.Database.Tokens.Find(TokenKind.Refresh, Refresh));
        Assert.Null((await test.Database.Tokens.Find(TokenKind.Access, child))!.Value.Token.Parent);
        Assert.NotNull(await test.Database.Tokens.Find(TokenKind.Access, Access));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_belongs_to_a_device_dies_with_it(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await LogIn(test.Database);
        Assert.Empty(await test.Database.Devices.Remove(Alice, ["none"]));
        Assert.Equal(["D"], await test.Database.Devices.Remove(Alice, ["D", "none"]));
        Assert.Null(await test.Database.Tokens.Find(TokenKind.Access, Access));
        Assert.Null(await test.Database.Tokens.Find(TokenKind.Refresh, Refresh));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_known_device_keeps_its_name_and_was_seen_again(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var devices = test.Database.Devices;
        Assert.True(await devices.Put(new DeviceRow(Alice, "D", "First", 1, 1, "::1", "a")));
        Assert.False(await devices.Put(new DeviceRow(Alice, "D", "Second", 2, 2, "::2", "b")));
        Assert.Equal(new DeviceRow(Alice, "D", "First", 1, 2, "::2", "b"), await devices.Get(Alice, "D"));
        await devices.Seen([new DeviceRow(Alice, "D", null, 0, 3, "::3", "c"), new DeviceRow(Alice, "gone", null, 0, 3, "::3", "c")]);
        Assert.Equal(3, (await devices.Get(Alice, "D"))!.LastSeenMs);
        Assert.Single(await devices.OfUser(Alice));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_registration_token_is_used_as_often_as_allowed(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.RegistrationTokens.Create(new RegistrationTokenRow("twice", 2, 0, 0, 100));
        Assert.False(await Use("twice", nowMs: 100));
        Assert.True(await Use("twice", nowMs: 1));
        Assert.True(await Use("twice", nowMs: 1));
        Assert.False(await Use("twice", nowMs: 1));
        Assert.False(await Use("none", nowMs: 1));

        Task<bool> Use(string token, long nowMs) => test.Database.Writer.Execute((session, _) => RegistrationTokenStore.Use(session, token, nowMs));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_refused_registration_gives_the_tokens_use_back(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.RegistrationTokens.Create(new RegistrationTokenRow("once", 1, 0, 0, null));
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Database.Writer.Execute<int>(async (session, _) =>
        {
            Assert.True(await RegistrationTokenStore.Use(session, "once", 1));
            throw new InvalidOperationException("the name is taken");
        }));
        Assert.True(await test.Database.RegistrationTokens.IsValid("once", 1));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_login_token_is_taken_once_in_its_time(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await test.Database.Tokens.AddLogin([9], Alice, 100);
        await test.Database.Tokens.AddLogin([10], Alice, 100);
        Assert.Equal(Alice, await Take([9], 99));
        Assert.Null(await Take([9], 99));
        Assert.Null(await Take([10], 100));

        Task<UserId?> Take(byte[] hash, long nowMs) => test.Database.Writer.Execute((session, _) => TokenStore.TakeLogin(session, hash, nowMs));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_deactivated_account_has_nothing_and_takes_no_password(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        await LogIn(test.Database);
        Assert.True(await test.Database.Accounts.Deactivate(Alice, erase: false));
        Assert.Equal(new AccountRow(Alice, null, 1, Deactivated: true), await test.Database.Accounts.Get(Alice));
        Assert.Empty(await test.Database.Devices.OfUser(Alice));
        Assert.Null(await test.Database.Tokens.Find(TokenKind.Access, Access));
        Assert.False(await test.Database.Accounts.SetPassword(Alice, "again"));
        Assert.Empty(await test.Database.Accounts.Unfinished("", 10));
        Assert.True(await test.Database.Accounts.Deactivate(Alice, erase: true));
        Assert.True((await test.Database.Accounts.Get(Alice))!.Erased);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task No_refresh_outlives_a_concurrent_log_out(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        for (byte round = 0; round < 25; round++)
        {
            await LogIn(test.Database);
            byte[] child = [3, round];
            await Task.WhenAll(
                test.Database.Devices.Remove(Alice, ["D"]),
                test.Database.Writer.Execute(async (session, _) =>
                {
                    await AccountStore.Lock(session, Alice);
                    if (await TokenStore.Find(session, TokenKind.Refresh, Refresh) is not null)
                    {
                        await TokenStore.Add(session, new TokenRow(TokenKind.Access, child, Alice, "D", 2, 3, Refresh));
                    }

                    return 0;
                }));
            Assert.Null(await test.Database.Tokens.Find(TokenKind.Access, child));
        }
    }

    private static async Task LogIn(Database database)
    {
        await database.Accounts.Create(new AccountRow(Alice, "hash", 1));
        await database.Writer.Execute(async (session, _) =>
        {
            await DeviceStore.Put(session, new DeviceRow(Alice, "D", "Phone", 1));
            await TokenStore.Add(session, new TokenRow(TokenKind.Access, Access, Alice, "D", 1, 2));
            await TokenStore.Add(session, new TokenRow(TokenKind.Refresh, Refresh, Alice, "D", 1, null));
            return 0;
        });
    }
}
