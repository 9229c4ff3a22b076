using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>The aliases in an <c>m.room.canonical_alias</c> (Client-Server API, "m.room.canonical_alias").</summary>
public static class CanonicalAliasContent
{
    /// <summary>Most alternative aliases that one event of ours names.</summary>
    public const int AltAliasesMax = 1000;

    /// <summary>All aliases of an event that may hold anything; what is no text is left out.</summary>
    public static IReadOnlySet<string> Known(JsonElement? content)
    {
        var aliases = new HashSet<string>(StringComparer.Ordinal);
        if (content is not { } present)
        {
            return aliases;
        }

        if (present.TryGetProperty("alias", out var alias) && alias.ValueKind == JsonValueKind.String)
        {
            aliases.Add(alias.GetString()!);
        }

        if (present.TryGetProperty("alt_aliases", out var alternatives) && alternatives.ValueKind == JsonValueKind.Array)
        {
            aliases.UnionWith(alternatives.EnumerateArray().Where(a => a.ValueKind == JsonValueKind.String).Select(a => a.GetString()!));
        }

        return aliases;
    }

    /// <summary>The aliases that a new event adds to the present one; the others are nobody's concern.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON for wrong types, M_INVALID_PARAM for an added alias of wrong syntax.</exception>
    public static IReadOnlyList<RoomAlias> Added(JsonElement content, JsonElement? present)
    {
        _ = JsonMembers.Text(content, "alias");
        if (JsonMembers.Array(content, "alt_aliases", AltAliasesMax) is { } list && list.EnumerateArray().Any(a => a.ValueKind != JsonValueKind.String))
        {
            throw new MatrixException(MatrixError.BadJson, "alt_aliases must be a list of room aliases");
        }

        var known = Known(present);
        return [.. Known(content).Where(text => text.Length > 0 && !known.Contains(text)).Select(RoomAlias.FromRequest)];
    }

    /// <summary>The content without an alias; <c>null</c> when it does not have it.</summary>
    public static ReadOnlyMemory<byte>? Without(JsonElement content, RoomAlias removed)
    {
        if (!Known(content).Contains(removed.Value))
        {
            return null;
        }

        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in content.EnumerateObject())
        {
            if (member.Name == "alias" && Is(member.Value, removed))
            {
                continue;
            }

            if (member.Name == "alt_aliases" && member.Value.ValueKind == JsonValueKind.Array)
            {
                var left = member.Value.EnumerateArray().Where(entry => !Is(entry, removed)).ToList();
                if (left.Count > 0)
                {
                    writer.WriteStartArray("alt_aliases"u8);
                    left.ForEach(entry => entry.WriteTo(writer));
                    writer.WriteEndArray();
                }

                continue;
            }

            member.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static bool Is(JsonElement value, RoomAlias alias) => value.ValueKind == JsonValueKind.String && value.ValueEquals(alias.Value);
}
