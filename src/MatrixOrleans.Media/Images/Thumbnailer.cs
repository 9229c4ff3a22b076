using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;
using NetVips;

namespace MatrixOrleans.Media.Images;

/// <summary>What to give for a thumbnail.</summary>
/// <param name="Bytes"><c>null</c> when it is the content itself, being no larger.</param>
/// <param name="ContentType">By what the bytes are, whatever the uploader said.</param>
public sealed record Thumbnail(byte[]? Bytes, string ContentType);

/// <summary>
/// Makes small images of large ones. The order is: header (own code, bounded), a place in the queue, one of few decoders, each with an end in time.
/// What memory it takes is therefore bounded by <see cref="MediaOptions.ThumbnailsAtOnce"/> times <see cref="MediaOptions.ImagePixelsMax"/>.
/// </summary>
public sealed class Thumbnailer(MediaOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Images that wait for a decoder; more are refused.</summary>
    public const int WaitingMax = 64;

    private static readonly TimeSpan EachMax = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _decoders = new(options.ThumbnailsAtOnce);
    private int _waiting;

    /// <summary>Makes the thumbnail, where one is needed.</summary>
    /// <param name="size">The size to make; <c>null</c> when only the content itself is large enough.</param>
    /// <exception cref="MatrixException">
    /// M_UNKNOWN with status 400 for what cannot be thumbnailed, M_TOO_LARGE for too many pixels, M_LIMIT_EXCEEDED when too many are waiting.
    /// </exception>
    public async Task<Thumbnail> Make(string file, ThumbnailSpec? size, bool animated, CancellationToken cancel)
    {
        var header = ImageHeader.ReadBearable(file, options.ImagePixelsMax);

        // Of a moving image that is too long, the first frame is given.
        var moving = animated && header.Frames is > 1 and < ImageHeader.FramesMax && header.Pixels * header.Frames <= options.ImagePixelsMax;
        if (Interlocked.Increment(ref _waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new MatrixException(MatrixError.LimitExceeded, "Too many thumbnails are being made") { RetryAfterMs = 1000 };
        }

        try
        {
            await _decoders.WaitAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            using var limit = new CancellationTokenSource(EachMax, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            return await Task.Run(() => Decode(file, header, size, moving, either.Token), cancel).ConfigureAwait(false);
        }
        catch (VipsException broken)
        {
            cancel.ThrowIfCancellationRequested();
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), $"Cannot generate thumbnails for the requested content: {FirstLine(broken.Message)}");
        }
        finally
        {
            _decoders.Release();
        }
    }

    public void Dispose() => _decoders.Dispose();

    private static Thumbnail Decode(string file, ImageHeader header, ThumbnailSpec? size, bool moving, CancellationToken cancel)
    {
        Vips.Prepare();
        var (width, height) = Upright(file, header);
        var isSmaller = size is not { } wanted || (width <= wanted.Width && height <= wanted.Height);
        if (isSmaller && (header.Frames == 1 || moving))
        {
            return new Thumbnail(null, header.ContentType);
        }

        // A moving image that may not move is made anew however small it is.
        var made = isSmaller ? new ThumbnailSpec(width, height, ThumbnailMethod.Scale, false) : size!.Value;
        return moving ? AnimatedThumbnail.Make(file, (width, height), made, cancel) : Still(file, header, made, cancel);
    }

    /// <summary>Width and height as people see them: EXIF may say that the image lies on its side.</summary>
    private static (int Width, int Height) Upright(string file, ImageHeader header)
    {
        using var source = Source.NewFromFile(file);
        using var image = Image.NewFromSource(source, access: Enums.Access.Sequential);
        if (image.Width != header.Width || (image.Height != header.Height && header.Kind is not ImageKind.Gif))
        {
            // The decoder sees another image than was checked.
            throw new MatrixException(MatrixError.Unknown.WithStatus(400), "Cannot generate thumbnails for the requested content");
        }

        var turned = image.Contains("orientation") && image.Get("orientation") is int and >= 5 and <= 8;
        return turned ? (image.Height, image.Width) : (image.Width, image.Height);
    }

    private static Thumbnail Still(string file, ImageHeader header, ThumbnailSpec size, CancellationToken cancel)
    {
        using var source = Source.NewFromFile(file);
        using var image = Image.ThumbnailSource(
            source,
            size.Width,
            height: size.Height,
            size: Enums.Size.Down,
            crop: size.Method == ThumbnailMethod.Crop ? Enums.Interesting.Centre : null,
            outputProfile: "srgb");
        image.SetProgress(null!, cancel);
        return header.Kind != ImageKind.Jpeg && image.HasAlpha()
            ? new Thumbnail(image.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None), "image/png")
            : new Thumbnail(image.JpegsaveBuffer(q: 80, optimizeCoding: true, keep: Enums.ForeignKeep.None), "image/jpeg");
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];
}
