using System.Text;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Protocol.Tests.Users;

public class ProfileFieldsTests
{
    [Theory]
    [InlineData("displayname")]
    [InlineData("avatar_url")]
    [InlineData("m.tz")]
    [InlineData("m.example_field")]
    [InlineData("org.example.job-title")]
    public void Defined_and_namespaced_keys_are_taken(string key) => ProfileFields.CheckKey(key);

    [Theory]
    [InlineData("")]
    [InlineData("nickname")]
    [InlineData("Org.example.x")]
    [InlineData("org.exämple.x")]
    [InlineData("1org.example")]
    [InlineData("org..example")]
    [InlineData("org.example.")]
    public void Other_keys_are_refused(string key) =>
        Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => ProfileFields.CheckKey(key)).Code);

    [Fact]
    public void A_key_of_more_than_255_bytes_is_too_large() =>
        Assert.Equal("M_KEY_TOO_LARGE", Assert.Throws<MatrixException>(() => ProfileFields.CheckKey("a." + new string('b', 254))).Code.Code);

    [Fact]
    public void A_key_of_255_bytes_is_taken() => ProfileFields.CheckKey("a." + new string('b', 253));

    [Theory]
    [InlineData("displayname", "5", "M_BAD_JSON")]
    [InlineData("displayname", "{}", "M_BAD_JSON")]
    [InlineData("avatar_url", "\"https://example.org/a.png\"", "M_INVALID_PARAM")]
    [InlineData("m.tz", "[]", "M_BAD_JSON")]
    public void Values_of_defined_fields_have_their_type(string key, string json, string code) =>
        Assert.Equal(code, Assert.Throws<MatrixException>(() => ProfileFields.CheckValue(key, Encoding.UTF8.GetBytes(json))).Code.Code);

    [Theory]
    [InlineData("displayname", "null")]
    [InlineData("displayname", "\"\"")]
    [InlineData("avatar_url", "\"\"")]
    public void Nothing_for_a_name_or_picture_takes_it_away(string key, string json) =>
        Assert.Null(ProfileFields.CheckValue(key, Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_null_in_a_custom_field_is_kept() =>
        Assert.Equal("null"u8.ToArray(), ProfileFields.CheckValue("org.example.x", "null"u8.ToArray())!.Value.ToArray());

    [Fact]
    public void The_whole_profile_stays_below_64_KiB()
    {
        ProfileFields.CheckSize([("org.example.x", new byte[65_500])]);
        var e = Assert.Throws<MatrixException>(() => ProfileFields.CheckSize([("org.example.x", new byte[65_530])]));
        Assert.Equal("M_PROFILE_TOO_LARGE", e.Code.Code);
    }
}
