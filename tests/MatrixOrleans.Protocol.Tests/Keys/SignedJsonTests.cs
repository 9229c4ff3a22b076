using System.Text;
using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Keys;

public sealed class SignedJsonTests
{
    private static readonly SigningKey Key = SampleEvents.Key();

    private static readonly VerifyKey Public = VerifyKey.TryImport(Key.PublicKey)!;

    /// <summary>Appendices, "Cryptographic Test Vectors", "JSON Signing".</summary>
    [Theory]
    [InlineData("{}", "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ")]
    [InlineData("""{"one":1,"two":"Two"}""", "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw")]
    public void The_test_vectors_of_the_specification_hold(string json, string signature)
    {
        var signed = SignedJson.Sign(Encoding.UTF8.GetBytes(json), "domain", Key);
        Assert.Equal(signature, JsonElement.Parse(signed).GetProperty("signatures").GetProperty("domain").GetProperty("ed25519:1").GetString());
        Assert.True(SignedJson.Verify(signed, SampleEvents.Server, "ed25519:1", Public));
    }

    [Fact]
    public void Other_signatures_and_unsigned_stay_and_do_not_matter()
    {
        var signed = SignedJson.Sign("""{"b":1,"a":"é","unsigned":{"x":1.5},"signatures":{"other":{"ed25519:a":"AA"},"domain":{"ed25519:0":"BB","ed25519:1":"old"}}}"""u8, "domain", Key);
        var root = JsonElement.Parse(signed);
        Assert.Equal("AA", root.GetProperty("signatures").GetProperty("other").GetProperty("ed25519:a").GetString());
        Assert.Equal(["ed25519:0", "ed25519:1"], SignedJson.KeyIds(root, "domain"));
        Assert.Equal(1.5, root.GetProperty("unsigned").GetProperty("x").GetDouble());
        Assert.True(SignedJson.Verify(signed, "domain", "ed25519:1", Public));
        Assert.False(SignedJson.Verify(signed, "domain", "ed25519:0", Public));
        Assert.False(SignedJson.Verify(signed, "other", "ed25519:a", Public));
    }

    [Fact]
    public void A_changed_object_is_not_verified()
    {
        var signed = Encoding.UTF8.GetString(SignedJson.Sign("""{"a":1}"""u8, "domain", Key));
        Assert.True(SignedJson.Verify(Encoding.UTF8.GetBytes(signed.Replace(":", " : ", StringComparison.Ordinal).Replace("ed25519 : 1", "ed25519:1", StringComparison.Ordinal)), "domain", "ed25519:1", Public));
        Assert.False(SignedJson.Verify(Encoding.UTF8.GetBytes(signed.Replace("\"a\":1", "\"a\":2", StringComparison.Ordinal)), "domain", "ed25519:1", Public));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":"\ud800"}""")]
    public void What_has_no_canonical_form_is_neither_signed_nor_verified(string json)
    {
        Assert.Throws<FormatException>(() => SignedJson.Sign(Encoding.UTF8.GetBytes(json), "domain", Key));
        Assert.False(SignedJson.Verify(Encoding.UTF8.GetBytes(json), "domain", "ed25519:1", Public));
    }

    [Theory]
    [InlineData("""{"signatures":1}""")]
    [InlineData("""{"signatures":{"domain":[]}}""")]
    [InlineData("""{"signatures":{"domain":{"ed25519:1":7}}}""")]
    [InlineData("""{"signatures":{"domain":{"ed25519:1":"!"}}}""")]
    [InlineData("""{"signatures":{"domain":{"ed25519:1":"\ud800"}}}""")]
    [InlineData("""{"signatures":{"domain":{"ed25519:1":""}}}""")]
    public void Malformed_signatures_are_bad_signatures(string json) =>
        Assert.False(SignedJson.Verify(Encoding.UTF8.GetBytes(json), "domain", "ed25519:1", Public));

    [Fact]
    public void Signing_round_trips() =>
        Gen.Dictionary(Gen.String, Gen.Long[-CanonicalJson.IntegerMax, CanonicalJson.IntegerMax])[0, 6].Sample(
            members =>
            {
                byte[] json;
                try
                {
                    json = JsonSerializer.SerializeToUtf8Bytes(members.Where(m => m.Key is not ("signatures" or "unsigned")).ToDictionary());
                    SignedJson.SigningBytes(json);
                }
                catch (FormatException)
                {
                    return;
                }

                Assert.True(SignedJson.Verify(SignedJson.Sign(json, "domain", Key), "domain", "ed25519:1", Public));
            },
            iter: 50);

    [Fact]
    public void Only_32_bytes_can_be_a_key()
    {
        Assert.Null(VerifyKey.TryImport(new byte[31]));
        Assert.False(Public.Verify("x"u8, new byte[63]));
        Assert.False(Public.Verify("x"u8, new byte[64]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("AA", "00")]
    [InlineData("AA==", "00")]
    [InlineData("+/8", "FBFF")]
    public void Base64_is_read_with_and_without_padding(string text, string hex)
    {
        Assert.True(UnpaddedBase64.TryDecode(text, out var bytes));
        Assert.Equal(hex, Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("A")]
    [InlineData("-_8")]
    [InlineData("A A")]
    [InlineData("AAAA AAA")]
    [InlineData("AAAA\nAAA")]
    [InlineData("AAAAA")]
    [InlineData("é")]
    [InlineData("A=A")]
    public void What_is_no_base64_is_refused(string? text) => Assert.False(UnpaddedBase64.TryDecode(text, out _));

    [Fact]
    public void Base64_round_trips() => Gen.Byte.Array[0, 70].Sample(bytes =>
    {
        Assert.True(UnpaddedBase64.TryDecode(UnpaddedBase64.Encode(bytes), out var read));
        Assert.Equal(bytes, read);
        Assert.DoesNotContain('=', UnpaddedBase64.EncodeUrlSafe(bytes));
    });
}
