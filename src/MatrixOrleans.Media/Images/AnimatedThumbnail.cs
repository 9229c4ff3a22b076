using MatrixOrleans.Protocol.Media;
using NetVips;

namespace MatrixOrleans.Media.Images;

/// <summary>Thumbnails that move: WebP, which the specification prefers. libvips holds the frames of a moving image one below the other.</summary>
internal static class AnimatedThumbnail
{
    private const string PageHeight = "page-height";

    public static Thumbnail Make(string file, (int Width, int Height) from, ThumbnailSpec size, CancellationToken cancel)
    {
        var (width, height) = Scaled(from, size);
        using var source = Source.NewFromFile(file);
        using var frames = Image.ThumbnailSource(source, width, optionString: "n=-1", height: height, size: Enums.Size.Force, outputProfile: "srgb");
        using var made = size.Method == ThumbnailMethod.Crop ? Crop(frames, size) : frames.Copy();
        made.SetProgress(null!, cancel);
        return new Thumbnail(made.WebpsaveBuffer(q: 75, effort: 2, keep: Enums.ForeignKeep.None), "image/webp");
    }

    /// <summary>The size of a frame before it is cropped: fitting into the wanted one, or covering it; never larger than it was.</summary>
    private static (int Width, int Height) Scaled((int Width, int Height) from, ThumbnailSpec size)
    {
        var (x, y) = ((double)size.Width / from.Width, (double)size.Height / from.Height);
        var factor = Math.Min(1, size.Method == ThumbnailMethod.Crop ? Math.Max(x, y) : Math.Min(x, y));
        return (Math.Max(1, (int)Math.Round(from.Width * factor)), Math.Max(1, (int)Math.Round(from.Height * factor)));
    }

    private static Image Crop(Image frames, ThumbnailSpec size)
    {
        var frameHeight = (int)frames.Get(PageHeight);
        var (width, height) = (Math.Min(size.Width, frames.Width), Math.Min(size.Height, frameHeight));
        var (left, top) = ((frames.Width - width) / 2, (frameHeight - height) / 2);
        using var all = frames.CopyMemory();
        var cropped = new Image[frames.Height / frameHeight];
        try
        {
            for (var i = 0; i < cropped.Length; i++)
            {
                cropped[i] = all.Crop(left, (i * frameHeight) + top, width, height);
            }

            using var joined = Image.Arrayjoin(cropped, across: 1);
            return joined.Mutate(image => image.Set(GValue.GIntType, PageHeight, height));
        }
        finally
        {
            foreach (var image in cropped)
            {
                image?.Dispose();
            }
        }
    }
}
