using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>A piece of a specification file: a JSON value and the file it stands in, against which its <c>$ref</c>s are resolved.</summary>
public readonly record struct SpecNode(JsonNode? Value, string File)
{
    /// <summary>The member of that name, or an empty node.</summary>
    public SpecNode this[string name] => new((Value as JsonObject)?[name], File);

    /// <summary>Whether there is something here.</summary>
    public bool Exists => Value is not null;

    /// <summary>The members of an object; none for anything else.</summary>
    public IEnumerable<KeyValuePair<string, SpecNode>> Members()
    {
        string file = File;
        return Value is JsonObject map ? map.Select(m => KeyValuePair.Create(m.Key, new SpecNode(m.Value, file))) : [];
    }

    /// <summary>The elements of an array; none for anything else.</summary>
    public IEnumerable<SpecNode> Elements()
    {
        string file = File;
        return Value is JsonArray list ? list.Select(e => new SpecNode(e, file)) : [];
    }

    /// <summary>The string here, or null.</summary>
    public string? Text => Value is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

/// <summary>Reads specification files once and follows references between them. Safe for concurrent use.</summary>
public sealed class SchemaSource
{
    private readonly ConcurrentDictionary<string, JsonNode?> _files = new(StringComparer.Ordinal);

    /// <summary>The root of a file.</summary>
    public SpecNode Open(string file)
    {
        string path = Path.GetFullPath(file);
        JsonNode? root = _files.GetOrAdd(path, static p =>
        {
            using StreamReader reader = File.OpenText(p);
            return YamlReader.Read(reader);
        });
        return new SpecNode(root, path);
    }

    /// <summary>A document that is no file, for tests; references into it are <c>#/…</c>.</summary>
    public SpecNode Add(string name, string yaml)
    {
        string path = Path.GetFullPath(name);
        _files[path] = YamlReader.Read(yaml);
        return new SpecNode(_files[path], path);
    }

    /// <summary>What a <c>$ref</c> names: a file relative to <paramref name="from"/>, a JSON pointer, or both.</summary>
    /// <exception cref="InvalidDataException">There is nothing at that place.</exception>
    public SpecNode Follow(string reference, string from)
    {
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string file = hash < 0 ? reference : reference[..hash];
        SpecNode node = file.Length == 0 ? Open(from) : Open(Path.Combine(Path.GetDirectoryName(from)!, file));
        string pointer = hash < 0 ? "" : reference[(hash + 1)..];
        foreach (string part in pointer.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node[part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)];
        }
        return node.Exists ? node : throw new InvalidDataException($"{from} refers to {reference}, which does not exist.");
    }

    /// <summary>The node, or what its <c>$ref</c> names, followed to the end. For places where a reference has no siblings (parameters, responses).</summary>
    public SpecNode Resolve(SpecNode node)
    {
        while (node["$ref"].Text is { } reference)
        {
            node = Follow(reference, node.File);
        }
        return node;
    }
}
