using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Protocol.Tests.Keys;

/// <summary>Cross-signing keys and the signatures that users bring.</summary>
public sealed class CrossSigningTests
{
    private static readonly UserId Alice = UserId.Parse("@alice:one.test");
    private readonly SigningKey _master = Key(1);
    private readonly SigningKey _self = Key(2);
    private readonly SigningKey _other = Key(3);

    [Fact]
    public void A_key_is_read_with_its_name_and_usage()
    {
        var key = CrossSigningKey.Read(Bare(_master, "master"), Alice, CrossSigningUsage.Master);
        Assert.Equal(Text(_master), key.PublicKey);
        Assert.Equal("ed25519:" + Text(_master), key.KeyId);
    }

    [Theory]
    [InlineData("""{"user_id":"@bob:one.test","usage":["master"],"keys":{}}""", "M_INVALID_PARAM")]
    [InlineData("""{"user_id":"@alice:one.test","usage":["self_signing"],"keys":{}}""", "M_INVALID_PARAM")]
    [InlineData("""{"user_id":"@alice:one.test","usage":["master"],"keys":{}}""", "M_INVALID_PARAM")]
    [InlineData("""{"user_id":"@alice:one.test","usage":["master"],"keys":{"ed25519:abc":"abc"}}""", "M_INVALID_PARAM")]
    [InlineData("""{"user_id":"@alice:one.test","usage":["master"]}""", "M_BAD_JSON")]
    [InlineData("""{"user_id":"@alice:one.test","keys":{}}""", "M_BAD_JSON")]
    [InlineData("""{"user_id":"@alice:one.test","usage":"master","keys":{}}""", "M_BAD_JSON")]
    public void What_is_no_such_key_is_refused(string json, string errcode) => Assert.Equal(
        errcode,
        Assert.Throws<MatrixException>(() => CrossSigningKey.Read(JsonElement.Parse(json), Alice, CrossSigningUsage.Master)).Code.Code);

    [Fact]
    public void Numbers_that_are_no_canonical_JSON_are_refused()
    {
        var json = Bare(_master, "master").GetRawText()[..^1] + ""","extra":1.5}""";
        Assert.Equal("M_BAD_JSON", Assert.Throws<MatrixException>(() => CrossSigningKey.Read(JsonElement.Parse(json), Alice, CrossSigningUsage.Master)).Code.Code);
    }

    [Fact]
    public void The_other_keys_are_signed_by_the_master_key_that_comes_along_or_that_is_stored()
    {
        var stored = CrossSigningKey.Read(Bare(_master, "master"), Alice, CrossSigningUsage.Master);
        var self = Signed(Bare(_self, "self_signing"), _master);
        Upload(null, self).CheckSignatures(Alice, stored, NoDevices);
        Upload(Bare(_master, "master"), self).CheckSignatures(Alice, null, NoDevices);
        Refused("M_MISSING_PARAM", Upload(null, self), null);
        Refused("M_INVALID_SIGNATURE", Upload(Bare(_other, "master"), self), stored);
        Refused("M_INVALID_SIGNATURE", Upload(null, Bare(_self, "self_signing")), stored);

        static void Refused(string errcode, CrossSigningUpload upload, CrossSigningKey? stored) =>
            Assert.Equal(errcode, Assert.Throws<MatrixException>(() => upload.CheckSignatures(Alice, stored, NoDevices)).Code.Code);
    }

    [Fact]
    public void Of_a_stored_keys_signatures_only_those_of_known_signers_are_kept()
    {
        var key = CrossSigningKey.Read(Signed(Signed(Bare(_self, "self_signing"), _master), _other), Alice, CrossSigningUsage.SelfSigning);
        var kept = JsonElement.Parse(CrossSigningUpload.Kept(key, Alice, ["ed25519:" + Text(_master)]));
        Assert.Equal(["ed25519:" + Text(_master)], KeyObjects.Signatures(kept, Alice).Select(signature => signature.KeyId));
        Assert.True(key.IsSame(JsonSerializer.SerializeToUtf8Bytes(kept)));
    }

    [Fact]
    public void Signatures_are_taken_that_are_new_and_good()
    {
        var stored = Signed(Bare(_master, "master"), _other);
        var both = Signed(stored, _self);
        Assert.Equal((1, null), Judge(both, stored, _self));

        // Known ones again are no fault; unknown signers are left out.
        Assert.Equal((0, null), Judge(stored, stored, _self));
        Assert.Equal((1, null), Judge(Signed(both, Key(9)), stored, _self));
        Assert.Equal((0, "M_INVALID_SIGNATURE"), Judge(Signed(Bare(_master, "master"), Key(9)), stored, _self));
        Assert.Equal((0, "M_INVALID_SIGNATURE"), Judge(Bare(_master, "master"), stored, _self));
    }

    [Fact]
    public void Signatures_on_something_else_are_refused()
    {
        var stored = Bare(_master, "master");
        Assert.Equal((0, "M_INVALID_PARAM"), Judge(Signed(Bare(_other, "master"), _self), stored, _self));
        var forged = Signed(stored, _self).GetRawText().Replace(SignatureOf(Signed(stored, _self), _self), SignatureOf(Signed(Bare(_other, "master"), _self), _self), StringComparison.Ordinal);
        Assert.Equal((0, "M_INVALID_SIGNATURE"), Judge(JsonElement.Parse(forged), stored, _self));
    }

    private static readonly Dictionary<string, VerifyKey> NoDevices = [];

    private static (int Count, string? Refusal) Judge(JsonElement signed, JsonElement stored, SigningKey signer)
    {
        var key = new SignedKey(Alice, "K", JsonSerializer.SerializeToUtf8Bytes(signed));
        var signers = new Dictionary<string, VerifyKey> { ["ed25519:" + Text(signer)] = VerifyKey.TryImport(signer.PublicKey)! };
        var (signatures, refusal) = SignatureUpload.Judge(key, JsonSerializer.SerializeToUtf8Bytes(stored), Alice, signers);
        return (signatures.Count, refusal?.Code);
    }

    private static string SignatureOf(JsonElement key, SigningKey signer) =>
        KeyObjects.Signatures(key, Alice).Single(signature => signature.KeyId == "ed25519:" + Text(signer)).Signature;

    private static CrossSigningUpload Upload(JsonElement? master, JsonElement self) => new(
        master is { } key ? CrossSigningKey.Read(key, Alice, CrossSigningUsage.Master) : null,
        CrossSigningKey.Read(self, Alice, CrossSigningUsage.SelfSigning),
        null);

    private static JsonElement Bare(SigningKey key, string usage) => JsonSerializer.SerializeToElement(new
    {
        user_id = Alice.Value,
        usage = new[] { usage },
        keys = new Dictionary<string, string> { ["ed25519:" + Text(key)] = Text(key) },
    });

    private static JsonElement Signed(JsonElement key, SigningKey signer)
    {
        using var named = SigningKey.FromSeed("ed25519:" + Text(signer), Seed(signer.Id[^1] - '0'));
        return JsonElement.Parse(SignedJson.Sign(JsonSerializer.SerializeToUtf8Bytes(key), Alice.Value, named));
    }

    private static string Text(SigningKey key) => UnpaddedBase64.Encode(key.PublicKey);

    private static SigningKey Key(int number) => SigningKey.FromSeed($"ed25519:{number}", Seed(number));

    private static byte[] Seed(int number) => [.. Enumerable.Repeat((byte)number, 32)];
}
