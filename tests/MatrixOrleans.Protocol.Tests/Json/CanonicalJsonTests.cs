using System.Text;
using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Tests.Json;

public sealed class CanonicalJsonTests
{
    private static string Encode(string json, CanonicalRules rules = CanonicalRules.Strict) =>
        Encoding.UTF8.GetString(CanonicalJson.Encode(Encoding.UTF8.GetBytes(json), rules));

    private static bool CanEncode(ReadOnlySpan<byte> json, CanonicalRules rules = CanonicalRules.Strict) =>
        CanonicalJson.TryEncode(json, rules, [], out _, out _);

    /// <summary>Appendices, "Canonical JSON", "Examples".</summary>
    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("{\n  \"one\": 1,\n  \"two\": \"Two\"\n}", """{"one":1,"two":"Two"}""")]
    [InlineData("""{ "b": "2", "a": "1" }""", """{"a":"1","b":"2"}""")]
    [InlineData(
        """{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}""",
        """{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}""")]
    [InlineData("""{"a":"日本語"}""", """{"a":"日本語"}""")]
    [InlineData("""{"本":2,"日":1}""", """{"日":1,"本":2}""")]
    [InlineData("""{"a":"\u65E5"}""", """{"a":"日"}""")]
    [InlineData("""{"a":null}""", """{"a":null}""")]
    public void The_examples_of_the_specification_hold(string json, string expected)
    {
        Assert.Equal(expected, Encode(json));
        Assert.Equal(expected, Encode(json, CanonicalRules.Lenient));
    }

    [Fact]
    public void The_example_with_an_exponent_holds_where_rooms_take_it()
    {
        Assert.Equal("""{"a":0,"b":10000000000}""", Encode("""{"a":-0,"b":1e10}""", CanonicalRules.Lenient));
        Assert.False(CanEncode("""{"b":1e10}"""u8));
    }

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("1.50", "1.5")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("0.1", "0.1")]
    [InlineData("123456.789", "123456.789")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("0.00001", "1e-05")]
    [InlineData("1.5e-7", "1.5e-07")]
    [InlineData("1e15", "1000000000000000")]
    [InlineData("9007199254740993.0", "9007199254740992.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("1.25e100", "1.25e+100")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("-9007199254740993", "-9007199254740993")]
    public void Old_rooms_keep_floats_and_large_integers(string number, string expected)
    {
        Assert.Equal($"[{expected}]", Encode($"[{number}]", CanonicalRules.Lenient));
        Assert.False(CanEncode(Encoding.UTF8.GetBytes($"[{number}]")));
    }

    [Theory]
    [InlineData("9007199254740991", true)]
    [InlineData("-9007199254740991", true)]
    [InlineData("9007199254740992", false)]
    [InlineData("-9007199254740992", false)]
    [InlineData("9223372036854775808", false)]
    public void Integers_lie_within_2_to_the_53(string number, bool valid) => Assert.Equal(valid, CanEncode(Encoding.UTF8.GetBytes(number)));

    [Theory]
    [InlineData("1e999")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1,]")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":1 /* c */}")]
    [InlineData("\"a\tb\"")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\ude80\\ud83d\"")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("[")]
    [InlineData("{\"a\"")]
    public void What_is_no_json_is_refused_by_both_rules(string json)
    {
        Assert.False(CanEncode(Encoding.UTF8.GetBytes(json)));
        Assert.False(CanEncode(Encoding.UTF8.GetBytes(json), CanonicalRules.Lenient));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Assert.False(CanEncode([(byte)'"', 0xC3, (byte)'"']));
        Assert.False(CanEncode([(byte)'"', 0xED, 0xA0, 0x80, (byte)'"']));
        Assert.False(CanEncode([(byte)'"', 0xC0, 0x80, (byte)'"']));
        Assert.False(CanEncode([0xEF, 0xBB, 0xBF, (byte)'1']));
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"b":2,"a":3}""")]
    [InlineData("""{"b":1,"a":2,"b":3,"c":4}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""{"\n":1,"\u000a":2}""")]
    [InlineData("""{"x":{"a":1,"c":1,"b":1,"c":1}}""")]
    public void A_key_that_stands_twice_is_refused(string json)
    {
        Assert.False(CanonicalJson.TryEncode(Encoding.UTF8.GetBytes(json), CanonicalRules.Lenient, [], out _, out var fault));
        Assert.Contains("twice", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_in_order_of_code_points_and_not_of_utf16()
    {
        // U+FF5E comes before U+1F680 as a code point, and behind its surrogates as UTF-16.
        Assert.Equal("{\"~\":0,\"\u007f\":1,\"é\":2,\"\uff5e\":3,\"\uffff\":4,\"🚀\":5}", Encode("{\"🚀\":5,\"\uffff\":4,\"\uff5e\":3,\"é\":2,\"\u007f\":1,\"~\":0}"));
    }

    [Fact]
    public void Keys_with_escapes_are_ordered_by_what_they_stand_for() =>
        Assert.Equal("""{"\u0001":1,"\n":2," ":3,"!":4,"\"":5,"#":6,"[":7,"\\":8,"]":9}""", Encode("""{"]":9,"\\":8,"[":7,"#":6,"\"":5,"!":4," ":3,"\n":2,"\u0001":1}"""));

    [Fact]
    public void Strings_have_the_shortest_escapes_and_nothing_else_is_escaped() =>
        Assert.Equal(
            "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\u007f<>&'+\u2028é🚀\"",
            Encode("\"\\b\\t\\n\\f\\r\\\"\\\\\\/\\u0000\\u001F\\u007f\\u003c>&'+\\u2028\\u00e9\\ud83d\\ude80\""));

    [Fact]
    public void Nesting_has_a_limit()
    {
        var deepest = new string('[', CanonicalJson.DepthMax) + new string(']', CanonicalJson.DepthMax);
        Assert.Equal(deepest, Encode(deepest));
        Assert.False(CanEncode(Encoding.UTF8.GetBytes("[" + deepest + "]")));
        Assert.False(CanEncode(Encoding.UTF8.GetBytes(new string('[', 1_000_000))));
        Assert.False(CanEncode(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)))));
    }

    [Fact]
    public void Members_of_the_top_level_can_be_left_out()
    {
        byte[][] without = ["signatures"u8.ToArray(), "b"u8.ToArray()];
        Assert.True(CanonicalJson.TryEncode("""{"signatures":{"x":1.5},"c":{"b":1},"b":[1,{"z":1}],"a":2}"""u8, CanonicalRules.Strict, without, out var bytes, out _));
        Assert.Equal("""{"a":2,"c":{"b":1}}""", Encoding.UTF8.GetString(bytes));
        Assert.True(CanonicalJson.TryEncode("""{"b":1}"""u8, CanonicalRules.Strict, without, out bytes, out _));
        Assert.Equal("{}", Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void An_object_with_many_members_is_sorted_too()
    {
        var members = Enumerable.Range(0, 1000).Select(i => (i * 7919) % 1000);
        var sorted = Enumerable.Range(0, 1000).OrderBy(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
        Assert.Equal(
            "{" + string.Join(',', sorted.Select(i => $"\"{i}\":{i}")) + "}",
            Encode("{" + string.Join(", ", members.Select(i => $"\"{i}\" : {i}")) + "}"));
    }

    [Fact]
    public void The_canonical_form_is_its_own_canonical_form_and_means_the_same() =>
        JsonGen.Value.Sample(json =>
        {
            var canonical = Encode(json);
            Assert.Equal(canonical, Encode(canonical));
            Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), JsonElement.Parse(canonical)));
        });

    [Fact]
    public void Junk_is_refused_and_never_throws() =>
        Gen.String[Gen.Char["{}[]\":,\\u0d8e1-.tfn a\ud800"], 0, 40].Sample(text =>
        {
            foreach (var rules in new[] { CanonicalRules.Strict, CanonicalRules.Lenient })
            {
                if (CanonicalJson.TryEncode(Encoding.UTF8.GetBytes(text), rules, [], out var bytes, out _))
                {
                    Assert.Equal(bytes, CanonicalJson.Encode(bytes, rules));
                }
            }
        });

    [Fact]
    public void Bytes_of_any_kind_never_throw() =>
        Gen.Byte.Array[0, 40].Sample(bytes => { _ = CanEncode(bytes, CanonicalRules.Lenient); });
}
