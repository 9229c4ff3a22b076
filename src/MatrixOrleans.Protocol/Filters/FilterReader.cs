using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>Reads members of a filter that a client wrote: absent is <c>null</c>, of the wrong type is M_BAD_JSON, unknown ones are passed over.</summary>
internal static class FilterReader
{
    /// <summary>Largest filter.</summary>
    public const int BytesMax = 65_536;

    /// <summary>Most entries of one list.</summary>
    public const int EntriesMax = 2_000;

    /// <summary>Longest pattern, path or identifier.</summary>
    public const int TextLengthMax = 512;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static JsonElement Root(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"A filter is at most {BytesMax} bytes");
        }

        JsonElement root;
        try
        {
            root = JsonElement.Parse(json, Options);
        }
        catch (JsonException)
        {
            throw new MatrixException(MatrixError.NotJson, "The filter is no JSON");
        }

        return root.ValueKind == JsonValueKind.Object ? root : throw Bad("The filter is no object");
    }

    public static JsonElement? Object(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object ? value : throw Bad($"'{name}' is no object");
    }

    public static bool? Boolean(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Bad($"'{name}' is no boolean"),
        };
    }

    /// <summary>At least 0, which some clients write who want none.</summary>
    public static int? Limit(JsonElement parent)
    {
        if (!parent.TryGetProperty("limit", out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var limit))
        {
            throw Bad("'limit' is no integer");
        }

        return (int)Math.Clamp(limit, 0, int.MaxValue);
    }

    public static string? Text(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            return null;
        }

        return String(value, name);
    }

    public static ImmutableArray<Glob>? Patterns(JsonElement parent, string name) =>
        List(parent, name, text => Glob.Compile(text, questionMarks: false));

    public static ImmutableHashSet<string>? Texts(JsonElement parent, string name) => List(parent, name, text => text)?.ToImmutableHashSet();

    public static ImmutableHashSet<UserId>? Users(JsonElement parent, string name) =>
        List(parent, name, text => UserId.TryParse(text, out var id) ? id : throw Bad($"'{name}' holds what is no user ID"))?.ToImmutableHashSet();

    public static ImmutableHashSet<RoomId>? Rooms(JsonElement parent, string name) =>
        List(parent, name, text => RoomId.TryParse(text, out var id) ? id : throw Bad($"'{name}' holds what is no room ID"))?.ToImmutableHashSet();

    public static ImmutableArray<T>? List<T>(JsonElement parent, string name, Func<string, T> read)
    {
        if (!parent.TryGetProperty(name, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Bad($"'{name}' is no list");
        }

        if (value.GetArrayLength() > EntriesMax)
        {
            throw Bad($"'{name}' has more than {EntriesMax} entries");
        }

        var entries = ImmutableArray.CreateBuilder<T>(value.GetArrayLength());
        foreach (var entry in value.EnumerateArray())
        {
            entries.Add(read(String(entry, name)));
        }

        return entries.MoveToImmutable();
    }

    public static MatrixException Bad(string text) => new(MatrixError.BadJson, text);

    private static string String(JsonElement value, string name)
    {
        string text;
        try
        {
            text = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad($"'{name}' wants strings");
        }
        catch (InvalidOperationException)
        {
            throw Bad($"'{name}' holds a string that is not valid Unicode");
        }

        return text.Length <= TextLengthMax ? text : throw Bad($"'{name}' holds a string longer than {TextLengthMax}");
    }
}
