using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>
/// Checks JSON values against the schemas of the specification (JSON Schema 2020-12, the keywords that the specification uses).
/// A keyword that it does not know is an exception, not silence.
/// </summary>
public sealed class SchemaChecker(SchemaSource source)
{
    /// <summary>Deeper values than this are refused, so that a bad answer cannot run the checker into the ground.</summary>
    private const int DepthMax = 128;

    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "title", "description", "example", "examples", "default", "deprecated", "$schema", "$id", "$comment", "readOnly", "writeOnly",
        "x-addedInMatrixVersion", "x-changedInMatrixVersion", "x-pattern-format", "x-weight", "x-patternProperties",
    };

    /// <summary>Every way in which <paramref name="value"/> breaks <paramref name="schema"/>, as "path: what is wrong"; empty when it holds.</summary>
    public IReadOnlyList<string> Check(JsonElement value, SpecNode schema)
    {
        List<string> problems = [];
        Check(value, schema, "$", problems, 0);
        return problems;
    }

    private void Check(JsonElement value, SpecNode schema, string path, List<string> problems, int depth)
    {
        if (depth > DepthMax)
        {
            problems.Add($"{path}: deeper than {DepthMax} levels");
            return;
        }
        if (schema.Value is JsonValue literal && literal.TryGetValue(out bool anything))
        {
            if (!anything)
            {
                problems.Add($"{path}: must not be there");
            }
            return;
        }
        foreach ((string keyword, SpecNode rule) in schema.Members())
        {
            Apply(keyword, rule, schema, value, path, problems, depth);
        }
    }

    private void Apply(string keyword, SpecNode rule, SpecNode schema, JsonElement value, string path, List<string> problems, int depth)
    {
        switch (keyword)
        {
            case "$ref":
                Check(value, source.Follow(rule.Text!, rule.File), path, problems, depth + 1);
                break;
            case "type":
                CheckType(value, rule, path, problems);
                break;
            case "enum":
                if (!rule.Elements().Any(e => JsonNode.DeepEquals(e.Value, JsonNode.Parse(value.GetRawText()))))
                {
                    problems.Add($"{path}: {Show(value)} is none of {rule.Value!.ToJsonString()}");
                }
                break;
            case "const":
                if (!JsonNode.DeepEquals(rule.Value, JsonNode.Parse(value.GetRawText())))
                {
                    problems.Add($"{path}: {Show(value)} is not {rule.Value?.ToJsonString()}");
                }
                break;
            case "allOf":
                foreach (SpecNode each in rule.Elements())
                {
                    Check(value, each, path, problems, depth + 1);
                }
                break;
            case "anyOf":
                CheckAlternatives(value, rule, path, problems, depth, exactlyOne: false);
                break;
            case "oneOf":
                CheckAlternatives(value, rule, path, problems, depth, exactlyOne: true);
                break;
            case "pattern" or "format" or "minLength" or "maxLength":
                if (value.ValueKind == JsonValueKind.String)
                {
                    CheckString(keyword, rule, value.GetString()!, path, problems);
                }
                else if (keyword == "format" && value.ValueKind == JsonValueKind.Number && rule.Text == "int64" && !value.TryGetInt64(out _))
                {
                    problems.Add($"{path}: {Show(value)} is no 64-bit integer");
                }
                break;
            case "minimum":
                Bound(value.ValueKind != JsonValueKind.Number || value.GetDouble() >= Number(rule), "less than", rule, value, path, problems);
                break;
            case "maximum":
                Bound(value.ValueKind != JsonValueKind.Number || value.GetDouble() <= Number(rule), "more than", rule, value, path, problems);
                break;
            case "items":
                CheckItems(value, rule, path, problems, depth);
                break;
            case "minItems":
                Bound(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= Number(rule), "fewer elements than", rule, value, path, problems);
                break;
            case "maxItems":
                Bound(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= Number(rule), "more elements than", rule, value, path, problems);
                break;
            case "minProperties":
                Bound(value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() >= Number(rule), "fewer members than", rule, value, path, problems);
                break;
            case "maxProperties":
                Bound(value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() <= Number(rule), "more members than", rule, value, path, problems);
                break;
            case "required":
                CheckRequired(value, rule, path, problems);
                break;
            case "properties" or "patternProperties" or "additionalProperties":
                if (value.ValueKind == JsonValueKind.Object && IsFirstOfMembers(keyword, schema))
                {
                    CheckMembers(value, schema, path, problems, depth);
                }
                break;
            case "propertyNames":
                if (value.ValueKind == JsonValueKind.Object)
                {
                    foreach (JsonProperty member in value.EnumerateObject())
                    {
                        Check(JsonSerializer.SerializeToElement(member.Name), rule, $"{path}.{member.Name} (the name)", problems, depth + 1);
                    }
                }
                break;
            default:
                if (!Annotations.Contains(keyword))
                {
                    throw new InvalidDataException($"The schema keyword '{keyword}' in {schema.File} has no rule here.");
                }
                break;
        }
    }

    private static void CheckType(JsonElement value, SpecNode rule, string path, List<string> problems)
    {
        string[] allowed = rule.Text is { } one ? [one] : [.. rule.Elements().Select(e => e.Text ?? "null")];
        if (!allowed.Any(type => HasType(value, type)))
        {
            problems.Add($"{path}: {Show(value)} is no {string.Join(" or ", allowed)}");
        }
    }

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => throw new InvalidDataException($"'{type}' is no JSON type."),
    };

    private void CheckAlternatives(JsonElement value, SpecNode rule, string path, List<string> problems, int depth, bool exactlyOne)
    {
        int holding = 0;
        List<string> reasons = [];
        foreach (SpecNode each in rule.Elements())
        {
            List<string> broken = [];
            Check(value, each, path, broken, depth + 1);
            if (broken.Count == 0)
            {
                holding++;
            }
            else
            {
                reasons.Add(string.Join(", ", broken));
            }
        }
        if (holding == 0)
        {
            problems.Add($"{path}: {Show(value)} fits none of the alternatives ({string.Join("; or ", reasons)})");
        }
        else if (exactlyOne && holding > 1 && !rule.Elements().Any(IsOpen))
        {
            problems.Add($"{path}: {Show(value)} fits {holding} alternatives where one must");
        }
    }

    /// <summary>
    /// An alternative that takes every value of a type, as "the content, or the whole event" of <c>GET /rooms/{roomId}/state/{eventType}/{stateKey}</c> does,
    /// cannot exclude the others.
    /// </summary>
    private static bool IsOpen(SpecNode schema) => schema.Members().All(m => m.Key == "type" || Annotations.Contains(m.Key));

    private static void CheckString(string keyword, SpecNode rule, string text, string path, List<string> problems)
    {
        bool holds = keyword switch
        {
            "pattern" => Regex.IsMatch(text, rule.Text!, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1)),
            "format" => StringFormats.Matches(rule.Text!, text),
            "minLength" => text.EnumerateRunes().Count() >= Number(rule),
            _ => text.EnumerateRunes().Count() <= Number(rule),
        };
        if (!holds)
        {
            problems.Add($"{path}: \"{text}\" breaks {keyword} {rule.Value!.ToJsonString()}");
        }
    }

    private void CheckItems(JsonElement value, SpecNode rule, string path, List<string> problems, int depth)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return;
        }
        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            Check(item, rule, $"{path}[{index++}]", problems, depth + 1);
        }
    }

    private static void CheckRequired(JsonElement value, SpecNode rule, string path, List<string> problems)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (SpecNode name in rule.Elements())
        {
            if (!value.TryGetProperty(name.Text!, out _))
            {
                problems.Add($"{path}: required '{name.Text}' is missing");
            }
        }
    }

    /// <summary>properties, patternProperties and additionalProperties depend on each other and are checked together, once.</summary>
    private static bool IsFirstOfMembers(string keyword, SpecNode schema) => keyword == (
        schema["properties"].Exists ? "properties" : schema["patternProperties"].Exists ? "patternProperties" : "additionalProperties");

    private void CheckMembers(JsonElement value, SpecNode schema, string path, List<string> problems, int depth)
    {
        SpecNode named = schema["properties"];
        KeyValuePair<string, SpecNode>[] patterns = [.. schema["patternProperties"].Members()];
        SpecNode rest = schema["additionalProperties"];
        foreach (JsonProperty member in value.EnumerateObject())
        {
            string at = $"{path}.{member.Name}";
            bool known = (named.Value as JsonObject)?.ContainsKey(member.Name) == true;
            if (known)
            {
                Check(member.Value, named[member.Name], at, problems, depth + 1);
            }
            foreach ((string pattern, SpecNode rule) in patterns)
            {
                if (Regex.IsMatch(member.Name, pattern, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1)))
                {
                    known = true;
                    if (rule["x-pattern-format"].Text is { } format && !StringFormats.Matches(format, member.Name))
                    {
                        problems.Add($"{at}: the name is no {format}");
                    }
                    Check(member.Value, rule, at, problems, depth + 1);
                }
            }
            if (!known && rest.Exists)
            {
                Check(member.Value, rest, at, problems, depth + 1);
            }
            else if (!known && patterns.Length > 0 && patterns.All(p => p.Value["x-pattern-format"].Exists))
            {
                problems.Add($"{at}: the name is no {patterns[0].Value["x-pattern-format"].Text}");
            }
        }
    }

    private static void Bound(bool holds, string what, SpecNode rule, JsonElement value, string path, List<string> problems)
    {
        if (!holds)
        {
            problems.Add($"{path}: {Show(value)} is or has {what} {rule.Value!.ToJsonString()}");
        }
    }

    private static double Number(SpecNode rule) => rule.Value!.GetValue<long>();

    private static string Show(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 120 ? text : string.Concat(text.AsSpan(0, 117), "...");
    }
}
