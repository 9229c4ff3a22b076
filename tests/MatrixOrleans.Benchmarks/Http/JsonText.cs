using System.Text;

namespace MatrixOrleans.Benchmarks.Http;

/// <summary>Finds members of answers by their text, without reading the rest.</summary>
internal static class JsonText
{
    /// <summary>The first string member of that name anywhere in the text (<paramref name="name"/> with its quotes and colon, e.g. <c>"event_id":"</c>); empty when there is none.</summary>
    public static ReadOnlySpan<byte> After(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var start = json.IndexOf(name);
        if (start < 0)
        {
            return default;
        }

        var value = json[(start + name.Length)..];
        var end = value.IndexOf((byte)'"');
        return end < 0 ? default : value[..end];
    }

    /// <summary>A string member that must be there.</summary>
    public static string Member(ReadOnlySpan<byte> json, string name)
    {
        var value = After(json, Encoding.UTF8.GetBytes($"\"{name}\":\""));
        return value.IsEmpty
            ? throw new InvalidDataException($"No {name} in the answer {Encoding.UTF8.GetString(json[..Math.Min(json.Length, 300)])}")
            : Encoding.UTF8.GetString(value);
    }
}
