using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MatrixOrleans.Protocol.Json;

/// <summary>How strictly numbers are taken (Appendices, "Canonical JSON": room versions 1-5 may hold what the rules forbid).</summary>
public enum CanonicalRules
{
    /// <summary>Integers within 2^53-1 only; what room version 6 and later, and every signed object outside rooms, demand.</summary>
    Strict,

    /// <summary>Room versions 1-5: larger integers and floats are kept as they can be.</summary>
    Lenient,
}

/// <summary>
/// Writes the canonical form of a JSON text: shortest UTF-8, keys sorted by code point, integers only (Appendices, "Canonical JSON").
/// System.Text.Json's encoders escape emoji and more, so strings are written here; code-point order is the order of the UTF-8 bytes.
/// </summary>
/// <remarks>
/// One pass over the tokens. An object's members are written as they come and their places remembered; where they
/// came unsorted, the object's part of the output is put in order when it closes.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>Deepest nesting that is taken.</summary>
    public const int DepthMax = 100;

    public const long IntegerMax = (1L << 53) - 1;

    /// <summary>The canonical bytes.</summary>
    /// <exception cref="FormatException">The text is no JSON or breaks the rules.</exception>
    public static byte[] Encode(ReadOnlySpan<byte> json, CanonicalRules rules = CanonicalRules.Strict) =>
        TryEncode(json, rules, [], out var bytes, out var fault) ? bytes : throw new FormatException(fault);

    /// <summary>The canonical bytes of the top-level object without the named members.</summary>
    /// <param name="without">UTF-8 names of members to leave out, of the top level only; e.g. <c>signatures</c> and <c>unsigned</c>.</param>
    /// <param name="depthMax">Deepest nesting that is taken.</param>
    /// <param name="fault">Why it could not be done, for a log line or an error text.</param>
    public static bool TryEncode(ReadOnlySpan<byte> json, CanonicalRules rules, ReadOnlySpan<byte[]> without, out byte[] bytes, out string fault, int depthMax = DepthMax)
    {
        bytes = [];
        if (!Utf8.IsValid(json))
        {
            fault = "not valid UTF-8";
            return false;
        }

        var output = new ByteBuffer(json.Length + 16);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = depthMax });
            reader.Read();
            var problem = WriteValue(ref reader, output, rules, without, 0);
            if (problem is null && reader.Read())
            {
                problem = "more than one value";
            }

            fault = problem ?? "";
            if (problem is not null)
            {
                return false;
            }
        }
        catch (JsonException e)
        {
            fault = "not JSON: " + e.Message;
            return false;
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader.CopyString: an escape that stands for half a surrogate pair.
            fault = "a string that is not valid Unicode";
            return false;
        }

        bytes = output.WrittenSpan.ToArray();
        return true;
    }

    private static string? WriteValue(ref Utf8JsonReader reader, ByteBuffer output, CanonicalRules rules, ReadOnlySpan<byte[]> without, int depth)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return WriteObject(ref reader, output, rules, without, depth);
            case JsonTokenType.StartArray:
                return WriteArray(ref reader, output, rules, depth);
            case JsonTokenType.String:
                WriteString(ref reader, output);
                return null;
            case JsonTokenType.Number:
                return CanonicalNumber.Write(reader.ValueSpan, output, rules);
            case JsonTokenType.True:
                output.Write("true"u8);
                return null;
            case JsonTokenType.False:
                output.Write("false"u8);
                return null;
            case JsonTokenType.Null:
                output.Write("null"u8);
                return null;
            default:
                return "no value";
        }
    }

    private static string? WriteArray(ref Utf8JsonReader reader, ByteBuffer output, CanonicalRules rules, int depth)
    {
        output.Write("["u8);
        var first = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            if (WriteValue(ref reader, output, rules, [], depth + 1) is { } problem)
            {
                return problem;
            }
        }

        output.Write("]"u8);
        return null;
    }

    private static string? WriteObject(ref Utf8JsonReader reader, ByteBuffer output, CanonicalRules rules, ReadOnlySpan<byte[]> without, int depth)
    {
        output.Write("{"u8);
        var start = output.Length;
        var members = ArrayPool<Member>.Shared.Rent(16);
        var count = 0;
        var sorted = true;
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                if (Skipped(ref reader, without))
                {
                    reader.Read();
                    reader.Skip();
                    continue;
                }

                var from = output.Length;
                WriteString(ref reader, output);
                var nameEnd = output.Length;
                output.Write(":"u8);
                reader.Read();
                if (WriteValue(ref reader, output, rules, [], depth + 1) is { } problem)
                {
                    return problem;
                }

                if (count == members.Length)
                {
                    var larger = ArrayPool<Member>.Shared.Rent(count * 2);
                    members.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<Member>.Shared.Return(members);
                    members = larger;
                }

                members[count] = new Member(from, nameEnd, output.Length);
                if (count > 0 && sorted)
                {
                    var order = CompareNames(output.WrittenSpan, members[count - 1], members[count]);
                    if (order == 0)
                    {
                        return "a key that stands twice";
                    }

                    sorted = order < 0;
                }

                output.Write(","u8);
                count++;
            }

            if (!sorted && Sort(output, members.AsSpan(0, count), start) is { } duplicate)
            {
                return duplicate;
            }
        }
        finally
        {
            ArrayPool<Member>.Shared.Return(members);
        }

        if (count > 0)
        {
            // The last member's comma becomes the closing brace.
            var written = output.Length;
            output.Truncate(written - 1);
        }

        output.Write("}"u8);
        return null;
    }

    private static bool Skipped(ref Utf8JsonReader reader, ReadOnlySpan<byte[]> without)
    {
        foreach (var name in without)
        {
            if (reader.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Sort(ByteBuffer output, Span<Member> members, int start)
    {
        var length = output.Length - start;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            output.WrittenSpan[start..].CopyTo(copy);
            var source = new NameComparer(copy, start);
            members.Sort(source);
            for (var i = 1; i < members.Length; i++)
            {
                if (source.Compare(members[i - 1], members[i]) == 0)
                {
                    return "a key that stands twice";
                }
            }

            output.Truncate(start);
            foreach (var member in members)
            {
                output.Write(copy.AsSpan(member.Start - start, member.End - member.Start));
                output.Write(","u8);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static int CompareNames(ReadOnlySpan<byte> written, Member a, Member b) =>
        CompareUnescaped(written[(a.Start + 1)..(a.NameEnd - 1)], written[(b.Start + 1)..(b.NameEnd - 1)]);

    /// <summary>Orders written names by code point; a name with an escape (a control character, quote or backslash) is compared unescaped.</summary>
    private static int CompareUnescaped(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.IndexOf((byte)'\\') < 0 && b.IndexOf((byte)'\\') < 0)
        {
            return a.SequenceCompareTo(b);
        }

        return Unescape(a).AsSpan().SequenceCompareTo(Unescape(b));
    }

    private static byte[] Unescape(ReadOnlySpan<byte> name)
    {
        var quoted = new byte[name.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        name.CopyTo(quoted.AsSpan(1));
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        var bytes = new byte[name.Length];
        return bytes[..reader.CopyString(bytes)];
    }

    /// <summary>The string or property name that the reader stands on, quoted, with the shortest escapes.</summary>
    private static void WriteString(ref Utf8JsonReader reader, ByteBuffer output)
    {
        if (!reader.ValueIsEscaped)
        {
            // What needed an escape would be escaped in the source, so the bytes stand as they are.
            output.Write("\""u8);
            output.Write(reader.ValueSpan);
            output.Write("\""u8);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(rented);
            WriteQuoted(rented.AsSpan(0, length), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Writes a string value of the given UTF-8 text as canonical JSON.</summary>
    public static void WriteQuoted(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAny(NeedsEscape);
            if (plain < 0)
            {
                output.Write(text);
                break;
            }

            output.Write(text[..plain]);
            WriteEscape(text[plain], output);
            text = text[(plain + 1)..];
        }

        output.Write("\""u8);
    }

    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private static void WriteEscape(byte c, IBufferWriter<byte> output)
    {
        switch (c)
        {
            case (byte)'\b': output.Write("\\b"u8); break;
            case (byte)'\t': output.Write("\\t"u8); break;
            case (byte)'\n': output.Write("\\n"u8); break;
            case (byte)'\f': output.Write("\\f"u8); break;
            case (byte)'\r': output.Write("\\r"u8); break;
            case (byte)'"': output.Write("\\\""u8); break;
            case (byte)'\\': output.Write("\\\\"u8); break;
            default:
                const string Hex = "0123456789abcdef";
                output.Write([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', (byte)Hex[c >> 4], (byte)Hex[c & 15]]);
                break;
        }
    }

    /// <summary>Where a member stands in the output: its quoted name, and the end of its value.</summary>
    private readonly record struct Member(int Start, int NameEnd, int End);

    private sealed class NameComparer(byte[] copy, int offset) : IComparer<Member>
    {
        public int Compare(Member a, Member b) =>
            CompareUnescaped(copy.AsSpan(a.Start + 1 - offset, a.NameEnd - a.Start - 2), copy.AsSpan(b.Start + 1 - offset, b.NameEnd - b.Start - 2));
    }
}
