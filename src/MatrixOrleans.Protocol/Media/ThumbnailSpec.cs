using System.Globalization;
using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Media;

/// <summary>How an image becomes smaller (the numbers are stored).</summary>
public enum ThumbnailMethod
{
    /// <summary>Keeps the shape; fits into the size.</summary>
    Scale = 0,

    /// <summary>Takes the shape of the size; what is over is cut off on both sides.</summary>
    Crop = 1,
}

/// <summary>A thumbnail that is wanted (Client-Server API, "Thumbnails").</summary>
/// <param name="Width">In pixels, at least 1.</param>
/// <param name="Height">In pixels, at least 1.</param>
/// <param name="Animated">A moving one, if the content moves.</param>
[GenerateSerializer, Immutable, Alias("ThumbnailSpec")]
public readonly record struct ThumbnailSpec([property: Id(0)] int Width, [property: Id(1)] int Height, [property: Id(2)] ThumbnailMethod Method, [property: Id(3)] bool Animated)
{
    /// <summary>Largest width or height that is made; for more there is the content itself.</summary>
    public const int SideMax = 2048;

    private static readonly (int Width, int Height)[] Scaled = [(32, 32), (96, 96), (320, 240), (640, 480), (800, 600), (1600, 1200)];
    private static readonly (int Width, int Height)[] Cropped = [(32, 32), (96, 96), (320, 240), (320, 320), (640, 480), (640, 640), (800, 600)];

    /// <summary>Of a request's parameters.</summary>
    /// <exception cref="MatrixException">M_MISSING_PARAM, M_INVALID_PARAM</exception>
    public static ThumbnailSpec FromRequest(string? width, string? height, string? method, bool animated) => new(
        Side(width),
        Side(height),
        method switch
        {
            null or "scale" => ThumbnailMethod.Scale,
            "crop" => ThumbnailMethod.Crop,
            _ => throw new MatrixException(MatrixError.InvalidParam, "method must be crop or scale"),
        },
        animated);

    /// <summary>
    /// The size that is made for this wish: the smallest of the standard ones that is not smaller, so that few are made of one image however many
    /// are asked for. <c>null</c> when only the content itself is large enough.
    /// </summary>
    /// <param name="exact">Every size may be made.</param>
    public ThumbnailSpec? Made(bool exact)
    {
        if (exact)
        {
            return Width <= SideMax && Height <= SideMax ? this : null;
        }

        foreach (var (width, height) in Method == ThumbnailMethod.Crop ? Cropped : Scaled)
        {
            // A square is cropped to a square: faces in clients are round or square.
            if (width >= Width && height >= Height && (Method == ThumbnailMethod.Scale || Width != Height || width == height))
            {
                return this with { Width = width, Height = height };
            }
        }

        return null;
    }

    private static int Side(string? text)
    {
        if (text is null)
        {
            throw new MatrixException(MatrixError.MissingParam, "width and height are needed");
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side > 0
            ? (int)Math.Min(side, int.MaxValue)
            : throw new MatrixException(MatrixError.InvalidParam, "width and height must be positive integers");
    }
}
