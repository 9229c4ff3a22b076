using System.Text;

namespace MatrixOrleans.Media.Blobs;

/// <summary>
/// Media as servers hand it to each other: <c>multipart/mixed</c> with a part of metadata and a part that is the content or says where it is
/// (Server-Server API, "Content Repository").
/// </summary>
/// <param name="Location">Where the content is instead.</param>
/// <param name="Offset">Where in the file the content begins.</param>
public sealed record MixedMedia(string? ContentType, string? Disposition, string? Location, long Offset, long Length)
{
    /// <summary>Everything before the content: boundaries, headers, metadata.</summary>
    private const int HeadBytesMax = 64 * 1024;

    /// <summary>What may stand behind the last boundary.</summary>
    private const int TailBytesMax = 1024;

    private const int BoundaryLengthMax = 70;

    /// <summary>Reads a received file; <c>null</c> when it is not made as the specification says.</summary>
    public static MixedMedia? Read(string path, string? contentType)
    {
        if (Boundary(contentType) is not { } boundary)
        {
            return null;
        }

        using var file = File.OpenRead(path);
        var head = new byte[Math.Min(HeadBytesMax, file.Length)];
        file.ReadExactly(head);
        var delimiter = Encoding.ASCII.GetBytes("\r\n--" + boundary);

        // The first boundary may be the very first thing.
        var first = head.AsSpan().StartsWith(delimiter.AsSpan(2)) ? -2 : head.AsSpan().IndexOf(delimiter);
        if (first == -1 || !TryFind(head, delimiter, first + delimiter.Length, out var second) || !TryFind(head, "\r\n\r\n"u8, second + delimiter.Length, out var end))
        {
            return null;
        }

        var start = end + 4L;
        var tail = new byte[Math.Min(TailBytesMax + delimiter.Length, file.Length - start)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        var last = tail.AsSpan().LastIndexOf([.. delimiter, .. "--"u8]);
        if (last < 0)
        {
            // A part without a body may end with the empty line of its headers.
            if (!head.AsSpan(end + 2).StartsWith([.. delimiter, .. "--"u8]))
            {
                return null;
            }

            start = file.Length - tail.Length;
            last = 0;
        }

        var headers = Headers(Encoding.UTF8.GetString(head, second + delimiter.Length, end - second - delimiter.Length));
        return new MixedMedia(
            headers.GetValueOrDefault("content-type"),
            headers.GetValueOrDefault("content-disposition"),
            headers.GetValueOrDefault("location"),
            start,
            file.Length - tail.Length + last - start);
    }

    private static bool TryFind(byte[] bytes, ReadOnlySpan<byte> what, int from, out int at)
    {
        at = bytes.AsSpan(from).IndexOf(what);
        at += at < 0 ? 0 : from;
        return at >= 0;
    }

    private static Dictionary<string, string> Headers(string text)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':');
            if (colon > 0)
            {
                headers.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
            }
        }

        return headers;
    }

    private static string? Boundary(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith("multipart/mixed", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var parameter in contentType.Split(';').Skip(1))
        {
            var (name, value) = parameter.Split('=', 2) is [var n, var v] ? (n.Trim(), v.Trim().Trim('"')) : ("", "");
            if (name.Equals("boundary", StringComparison.OrdinalIgnoreCase) && value.Length is > 0 and <= BoundaryLengthMax && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                return value;
            }
        }

        return null;
    }
}
