using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Users;

/// <summary>The content of <c>m.tag</c> (Client-Server API, "Room Tagging").</summary>
public static class RoomTags
{
    public const string Type = "m.tag";

    public const int NameBytesMax = 255;

    /// <summary>Most tags of one room.</summary>
    public const int TagsMax = 200;

    /// <summary>The content with one tag set, or without it.</summary>
    /// <param name="content">What there is; <c>null</c> for none.</param>
    /// <param name="tag">The tag's JSON object; <c>null</c> takes it away.</param>
    /// <exception cref="MatrixException">M_INVALID_PARAM for the name, M_BAD_JSON for the tag, M_LIMIT_EXCEEDED for too many.</exception>
    public static byte[] With(ReadOnlyMemory<byte>? content, string name, ReadOnlyMemory<byte>? tag)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > NameBytesMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"The name of a tag is 1 to {NameBytesMax} bytes");
        }

        if (tag is { } json)
        {
            Check(JsonElement.Parse(json.Span));
        }

        var output = new ByteBuffer((content?.Length ?? 0) + (tag?.Length ?? 0) + name.Length + 32);
        output.Write("{\"tags\":{"u8);
        var count = 0;
        foreach (var (otherName, value) in Read(content))
        {
            if (otherName != name)
            {
                WriteMember(output, otherName, JsonMarshal.GetRawUtf8Value(value), count++);
            }
        }

        if (tag is { } added)
        {
            if (count >= TagsMax)
            {
                throw new MatrixException(MatrixError.LimitExceeded.WithStatus(400), $"A room has at most {TagsMax} tags");
            }

            WriteMember(output, name, added.Span, count);
        }

        output.Write("}}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void Check(JsonElement tag)
    {
        if (tag.ValueKind != JsonValueKind.Object)
        {
            throw new MatrixException(MatrixError.BadJson, "A tag must be an object");
        }

        if (tag.TryGetProperty("order"u8, out var order)
            && (order.ValueKind != JsonValueKind.Number || !order.TryGetDouble(out var place) || place is not (>= 0 and <= 1)))
        {
            throw new MatrixException(MatrixError.BadJson, "order must be a number from 0 to 1");
        }
    }

    private static IEnumerable<(string Name, JsonElement Value)> Read(ReadOnlyMemory<byte>? content)
    {
        if (content is { } json && JsonElement.Parse(json.Span) is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("tags"u8, out var tags) && tags.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in tags.EnumerateObject())
            {
                yield return (member.Name, member.Value);
            }
        }
    }

    private static void WriteMember(ByteBuffer output, string name, ReadOnlySpan<byte> value, int index)
    {
        if (index > 0)
        {
            output.Write(","u8);
        }

        CanonicalJson.WriteQuoted(Encoding.UTF8.GetBytes(name), output);
        output.Write(":"u8);
        output.Write(value);
    }
}
