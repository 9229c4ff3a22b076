using System.Text.Json;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>The checker is itself held to account: it must refuse wrong values and accept right ones.</summary>
public sealed class SchemaCheckerTests
{
    [Theory]
    [InlineData("type: string", "\"a\"", true)]
    [InlineData("type: string", "1", false)]
    [InlineData("type: integer", "1", true)]
    [InlineData("type: integer", "1.5", false)]
    [InlineData("type: integer", "\"1\"", false)]
    [InlineData("type: number", "1.5", true)]
    [InlineData("type: boolean", "\"true\"", false)]
    [InlineData("type: object", "[]", false)]
    [InlineData("type: array", "{}", false)]
    [InlineData("type: string", "null", false)]
    [InlineData("type: ['string', 'null']", "null", true)]
    [InlineData("type: ['string', 'null']", "1", false)]
    public void A_type_is_held(string schema, string value, bool holds) => Expect(schema, value, holds);

    [Theory]
    [InlineData("enum: [join, leave]", "\"join\"", true)]
    [InlineData("enum: [join, leave]", "\"ban\"", false)]
    [InlineData("const: 3", "3", true)]
    [InlineData("const: 3", "4", false)]
    [InlineData("pattern: '^@'", "\"@a:b\"", true)]
    [InlineData("pattern: '^@'", "\"a:b\"", false)]
    [InlineData("maxLength: 2", "\"abc\"", false)]
    [InlineData("minLength: 1", "\"\"", false)]
    [InlineData("minimum: 0", "-1", false)]
    [InlineData("maximum: 5", "6", false)]
    [InlineData("format: int64", "9223372036854775808", false)]
    public void A_single_value_is_held_to_its_limits(string schema, string value, bool holds) => Expect(schema, value, holds);

    [Theory]
    [InlineData("mx-user-id", "@alice:example.org", true)]
    [InlineData("mx-user-id", "@:example.org", true)]
    [InlineData("mx-user-id", "@alice", false)]
    [InlineData("mx-user-id", "alice:example.org", false)]
    [InlineData("mx-room-id", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", true)]
    [InlineData("mx-room-id", "#a:b", false)]
    [InlineData("mx-event-id", "$26RqwJMLw-yds1GAH_QxjHRC1Da9oasK0e5VLnck_45", true)]
    [InlineData("mx-event-id", "$", false)]
    [InlineData("mx-room-alias", "#room:example.org:8448", true)]
    [InlineData("mx-room-alias", "#room", false)]
    [InlineData("mx-mxc-uri", "mxc://example.org/abc_DEF-1", true)]
    [InlineData("mx-mxc-uri", "https://example.org/abc", false)]
    [InlineData("mx-server-name", "[::1]:8448", true)]
    [InlineData("mx-server-name", "exa mple", false)]
    [InlineData("mx-unpadded-base64", "YWI", true)]
    [InlineData("mx-unpadded-base64", "YWI=", false)]
    public void The_specifications_string_formats_are_known(string format, string text, bool holds) =>
        Expect($"format: {format}", JsonSerializer.Serialize(text), holds);

    [Theory]
    [InlineData("""{"a":1,"b":"x"}""", true)]
    [InlineData("""{"a":1}""", false)]
    [InlineData("""{"a":"1","b":"x"}""", false)]
    [InlineData("""{"a":1,"b":"x","c":true}""", false)]
    public void Members_are_held_to_required_properties_and_the_rest(string value, bool holds) =>
        Expect("{type: object, properties: {a: {type: integer}, b: {type: string}}, required: [a, b], additionalProperties: {type: string}}", value, holds);

    [Fact]
    public void Members_are_free_when_a_schema_says_nothing_about_the_rest() => Expect("{properties: {a: {type: integer}}}", """{"a":1,"x.y":[]}""", true);

    [Theory]
    [InlineData("""{"!room:b":{"n":1}}""", true)]
    [InlineData("""{"!room:b":{"n":"1"}}""", false)]
    [InlineData("""{"room":{"n":1}}""", false)]
    public void Names_with_a_pattern_format_must_fit_it(string value, bool holds) =>
        Expect("{patternProperties: {'^!': {x-pattern-format: mx-room-id, properties: {n: {type: integer}}}}}", value, holds);

    [Theory]
    [InlineData("""[{"a":1},{"a":2}]""", true)]
    [InlineData("""[{"a":1},{"a":"2"}]""", false)]
    [InlineData("[]", false)]
    public void Every_element_is_checked(string value, bool holds) => Expect("{items: {properties: {a: {type: integer}}}, minItems: 1}", value, holds);

    [Theory]
    [InlineData("{allOf: [{required: [a]}, {required: [b]}]}", """{"a":1,"b":1}""", true)]
    [InlineData("{allOf: [{required: [a]}, {required: [b]}]}", """{"a":1}""", false)]
    [InlineData("{anyOf: [{type: string}, {type: integer}]}", "1", true)]
    [InlineData("{anyOf: [{type: string}, {type: integer}]}", "true", false)]
    [InlineData("{oneOf: [{required: [a]}, {required: [b]}]}", """{"a":1}""", true)]
    [InlineData("{oneOf: [{required: [a]}, {required: [b]}]}", """{"a":1,"b":1}""", false)]
    [InlineData("{oneOf: [{required: [a]}, {required: [b]}]}", "{}", false)]
    [InlineData("{oneOf: [{required: [a]}, {type: object}]}", """{"a":1}""", true)]
    [InlineData("{oneOf: [{type: object, required: [a]}, {type: object}]}", "7", false)]
    public void Combined_schemas_all_count(string schema, string value, bool holds) => Expect(schema, value, holds);

    [Fact]
    public void A_reference_is_followed_and_its_siblings_count_too()
    {
        SchemaSource source = new();
        SpecNode root = source.Add("referring.yaml", """{defs: {id: {type: string}}, here: {$ref: "#/defs/id", maxLength: 3}}""");
        SchemaChecker checker = new(source);
        Assert.Empty(checker.Check(JsonElement.Parse("\"abc\""), root["here"]));
        Assert.Single(checker.Check(JsonElement.Parse("\"abcd\""), root["here"]));
        Assert.Single(checker.Check(JsonElement.Parse("1"), root["here"]));
    }

    [Fact]
    public void An_unknown_keyword_is_an_error_and_not_silence()
    {
        SchemaSource source = new();
        SpecNode schema = source.Add("unknown.yaml", "{dependentRequired: {a: [b]}}");
        Assert.Throws<InvalidDataException>(() => new SchemaChecker(source).Check(JsonElement.Parse("{}"), schema));
    }

    [Fact]
    public void A_problem_names_the_place()
    {
        SchemaSource source = new();
        SpecNode schema = source.Add("place.yaml", "{properties: {chunk: {items: {required: [type]}}}}");
        string problem = Assert.Single(new SchemaChecker(source).Check(JsonElement.Parse("""{"chunk":[{"type":"a"},{}]}"""), schema));
        Assert.Equal("$.chunk[1]: required 'type' is missing", problem);
    }

    private static void Expect(string schema, string value, bool holds)
    {
        SchemaSource source = new();
        IReadOnlyList<string> problems = new SchemaChecker(source).Check(JsonElement.Parse(value), source.Add("schema.yaml", schema));
        Assert.True(problems.Count == 0 == holds, $"{schema} against {value}: {(problems.Count == 0 ? "no problem" : string.Join("; ", problems))}");
    }
}
