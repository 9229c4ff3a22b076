using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class PasswordHashTests
{
    private static readonly PasswordOptions Cheap = new() { MemoryKiB = 8, Passes = 1 };

    [Fact]
    public async Task A_password_matches_its_own_hash_only()
    {
        using var hasher = new PasswordHasher(Cheap);
        var hash = await hasher.Hash("correct horse ☃");

        Assert.StartsWith("$argon2id$v=19$m=8,t=1,p=1$", hash, StringComparison.Ordinal);
        Assert.True(await hasher.Verify("correct horse ☃", hash));
        Assert.False(await hasher.Verify("correct horse", hash));
        Assert.False(await hasher.Verify("", hash));
    }

    [Fact]
    public async Task Two_hashes_of_one_password_differ()
    {
        using var hasher = new PasswordHasher(Cheap);
        Assert.NotEqual(await hasher.Hash("a"), await hasher.Hash("a"));
    }

    [Fact]
    public void A_hash_survives_its_text()
    {
        var hash = PasswordHash.Make("secret"u8, [.. Enumerable.Range(0, 16).Select(i => (byte)i)], 16, 2);
        var parsed = PasswordHash.Parse(hash.ToString());

        Assert.NotNull(parsed);
        Assert.Equal(hash.ToString(), parsed.ToString());
        Assert.True(parsed.Matches("secret"u8));
        Assert.DoesNotContain("=$", hash.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("$2b$12$abcdefghijklmnopqrstuv")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAA")]
    [InlineData("$argon2id$v=19$m=-8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$!!!$AAAA")]
    public async Task What_is_no_such_hash_matches_nothing(string text)
    {
        using var hasher = new PasswordHasher(Cheap);
        Assert.Null(PasswordHash.Parse(text));
        Assert.False(await hasher.Verify(text, text));
    }

    [Fact]
    public async Task Nobody_has_no_password()
    {
        using var hasher = new PasswordHasher(Cheap);
        Assert.False(await hasher.Verify("", null));
    }

    [Fact]
    public async Task A_hash_of_another_cost_is_outdated()
    {
        using var hasher = new PasswordHasher(Cheap);
        Assert.False(hasher.IsOutdated(await hasher.Hash("a")));
        Assert.True(hasher.IsOutdated(PasswordHash.Make("a"u8, new byte[16], 16, 1).ToString()));
    }

    [Fact]
    public async Task Too_many_waiting_log_ins_are_refused()
    {
        using var hasher = new PasswordHasher(new PasswordOptions { MemoryKiB = 8, Passes = 1, WaitingMax = 0 });
        var refusal = await Assert.ThrowsAsync<MatrixException>(() => hasher.Hash("a"));
        Assert.Equal("M_LIMIT_EXCEEDED", refusal.Code.Code);
        Assert.NotNull(refusal.RetryAfterMs);
    }
}
