using System.Text;

namespace MatrixOrleans.Media.Previews;

/// <summary>What a page says of itself to those who link to it.</summary>
/// <param name="Properties"><c>og:…</c> without images, videos and sounds, which would lead readers to other servers.</param>
/// <param name="Image">Address of the image that stands for the page, as the page writes it.</param>
public sealed record PageSummary(IReadOnlyDictionary<string, string> Properties, string? Image)
{
    /// <summary>Bytes of a page that are looked at.</summary>
    public const int BytesMax = 1024 * 1024;

    private const int CharsetSearchedBytes = 1024;

    static PageSummary() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Reads the page. Any bytes give a summary, if an empty one; time and memory grow with their number only.</summary>
    public static PageSummary Read(ReadOnlySpan<byte> page, string? contentType)
    {
        page = page[..Math.Min(page.Length, BytesMax)];
        return new PageReader().Read(CharsetOf(page, contentType).GetString(page));
    }

    private static Encoding CharsetOf(ReadOnlySpan<byte> page, string? contentType)
    {
        var name = Named(contentType ?? "") ?? Named(Encoding.Latin1.GetString(page[..Math.Min(page.Length, CharsetSearchedBytes)]));
        try
        {
            return name is null ? Encoding.UTF8 : Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private static string? Named(string text)
    {
        const string mark = "charset=";
        var at = text.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var rest = text.AsSpan(at + mark.Length).TrimStart(" \"'");
        var end = rest.IndexOfAny(" \"';/>");
        return end == 0 || rest.IsEmpty ? null : (end < 0 ? rest : rest[..end]).ToString();
    }
}
