using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>Reads a YAML document as JSON values, plain scalars by YAML's core schema.</summary>
public static class YamlReader
{
    /// <summary>The one document of a YAML text.</summary>
    public static JsonNode? Read(TextReader text)
    {
        YamlStream stream = [];
        stream.Load(text);
        return Convert(stream.Documents[0].RootNode);
    }

    /// <summary>The one document of a YAML text.</summary>
    public static JsonNode? Read(string text)
    {
        using StringReader reader = new(text);
        return Read(reader);
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Convert(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new InvalidDataException($"A YAML {node.NodeType} has no JSON form."),
    };

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }
        return text switch
        {
            "" or "~" or "null" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer) => JsonValue.Create(integer),
            _ when text[0] is '-' or '.' or (>= '0' and <= '9') && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) => JsonValue.Create(real),
            _ => JsonValue.Create(text),
        };
    }
}
