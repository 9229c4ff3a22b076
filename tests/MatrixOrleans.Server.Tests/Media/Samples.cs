using NetVips;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Images for tests, made when they are needed.</summary>
internal static class Samples
{
    /// <summary>Red on the left, blue on the right.</summary>
    public static Image TwoColours(int width, int height)
    {
        using var left = Colour(width / 2, height, 255, 0, 0);
        using var right = Colour(width - (width / 2), height, 0, 0, 255);
        using var both = left.Join(right, Enums.Direction.Horizontal);
        return both.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    /// <summary>A JPEG that says in EXIF that it lies on its side: seen upright it is <paramref name="height"/> wide.</summary>
    public static byte[] LyingJpeg(int width, int height)
    {
        using var image = TwoColours(width, height);
        using var lying = image.Mutate(i => i.Set(GValue.GIntType, "orientation", 6));
        return lying.JpegsaveBuffer();
    }

    /// <summary>A moving image whose frames are of one colour each.</summary>
    public static byte[] Moving(string suffix, int width, int height, int frames)
    {
        var pages = Enumerable.Range(0, frames).Select(i => Colour(width, height, 255 * (i % 2), 0, 255 - (255 * (i % 2)))).ToArray();
        using var joined = Image.Arrayjoin(pages, across: 1);
        using var srgb = joined.Copy(interpretation: Enums.Interpretation.Srgb);
        using var moving = srgb.Mutate(image =>
        {
            image.Set(GValue.GIntType, "page-height", height);
            image.Set(GValue.ArrayIntType, "delay", Enumerable.Repeat(70, frames).ToArray());
        });
        var bytes = moving.WriteToBuffer(suffix);
        foreach (var page in pages)
        {
            page.Dispose();
        }

        return bytes;
    }

    public static Image Colour(int width, int height, double red, double green, double blue)
    {
        using var black = Image.Black(width, height, bands: 3);
        using var colour = black.Linear([1, 1, 1], [red, green, blue], uchar: true);
        return colour.Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
