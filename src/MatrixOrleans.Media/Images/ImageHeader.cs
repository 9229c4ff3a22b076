using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Media.Images;

/// <summary>The kinds of image that are decoded; nothing else is.</summary>
public enum ImageKind
{
    Jpeg,
    Png,
    Gif,
    Webp,
}

/// <summary>
/// What an image says of itself, read by this program from the first bytes and the frames' headers. No decoder sees an image before its size is known
/// to be bearable.
/// </summary>
/// <param name="Frames">1 for an image that does not move.</param>
public sealed record ImageHeader(ImageKind Kind, int Width, int Height, int Frames)
{
    /// <summary>Frames that are counted; more are as good as endless.</summary>
    public const int FramesMax = 1000;

    /// <summary>Pixels of one frame.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>The type by its own bytes.</summary>
    public string ContentType => Kind switch
    {
        ImageKind.Jpeg => "image/jpeg",
        ImageKind.Png => "image/png",
        ImageKind.Gif => "image/gif",
        _ => "image/webp",
    };

    /// <summary>Reads the header; <c>null</c> for what is no image of a known kind, or a broken one.</summary>
    public static ImageHeader? Read(Stream image)
    {
        Span<byte> start = stackalloc byte[12];
        image.Position = 0;
        if (image.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length)
        {
            return null;
        }

        var header = start switch
        {
            [0xff, 0xd8, 0xff, ..] => JpegHeader.Read(image),
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => PngHeader.Read(image),
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => GifHeader.Read(image),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P'] => WebpHeader.Read(image),
            _ => null,
        };
        return header is { Width: > 0, Height: > 0 } ? header : null;
    }

    /// <summary>The same of a file, and refuses what must not be decoded.</summary>
    /// <exception cref="MatrixException">M_UNKNOWN with status 400 for what is no such image, M_TOO_LARGE for one with too many pixels.</exception>
    public static ImageHeader ReadBearable(string path, long pixelsMax)
    {
        using var file = File.OpenRead(path);
        var header = Read(file) ?? throw new MatrixException(MatrixError.Unknown.WithStatus(400), "Cannot generate thumbnails for the requested content");
        return header.Pixels <= pixelsMax ? header : throw new MatrixException(MatrixError.TooLarge, "Content is too large to thumbnail");
    }
}
