using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Protocol.Tests.Keys;

/// <summary>Keys in backups, as clients write them.</summary>
public sealed class BackupKeyTests
{
    private const string Key = """{"first_message_index":1,"forwarded_count":2,"is_verified":true,"session_data":{"ciphertext":"\u0000 é"}}""";

    [Fact]
    public void A_key_comes_back_as_it_was_written()
    {
        var key = BackupKey.Read("!r:one.test", "s", JsonElement.Parse(Key));
        Assert.Equal((1, 2, true), (key.FirstMessageIndex, key.ForwardedCount, key.IsVerified));
        var buffer = new ByteBuffer(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            key.Write(writer);
        }

        Assert.Equal(Key, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    [Theory]
    [InlineData("first_message_index", "-1")]
    [InlineData("first_message_index", "1.5")]
    [InlineData("first_message_index", "\"1\"")]
    [InlineData("forwarded_count", "9007199254740992")]
    [InlineData("is_verified", "1")]
    [InlineData("is_verified", "null")]
    [InlineData("session_data", "[]")]
    [InlineData("session_data", "null")]
    public void A_malformed_key_is_refused(string member, string value)
    {
        var members = JsonElement.Parse(Key).EnumerateObject().Select(m => $"\"{m.Name}\":{(m.Name == member ? value : m.Value.GetRawText())}");
        var json = JsonElement.Parse("{" + string.Join(',', members) + "}");
        Assert.Equal("M_BAD_JSON", Assert.Throws<MatrixException>(() => BackupKey.Read("!r:one.test", "s", json)).Code.Code);
    }

    [Fact]
    public void Names_and_numbers_of_keys_have_bounds()
    {
        var json = JsonElement.Parse(Key);
        Assert.Throws<MatrixException>(() => BackupKey.Read("", "s", json));
        Assert.Throws<MatrixException>(() => BackupKey.Read("!r:one.test", "", json));
        Assert.Throws<MatrixException>(() => BackupKey.Read("!r:one.test", new string('s', 256), json));
        var many = JsonElement.Parse($$"""{"sessions":{ {{string.Join(',', Enumerable.Range(0, BackupKey.KeysMax + 1).Select(i => $"\"{i}\":{Key}"))}} } }""");
        Assert.Equal("M_BAD_JSON", Assert.Throws<MatrixException>(() => BackupKey.ReadRoom("!r:one.test", many)).Code.Code);
    }
}
