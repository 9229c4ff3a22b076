using System.Buffers.Binary;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Images;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;
using NetVips;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Images become smaller, and those that are made to do harm never reach a decoder.</summary>
public sealed class ThumbnailerTests : IDisposable
{
    private static readonly ThumbnailSpec Scale100 = new(100, 100, ThumbnailMethod.Scale, false);
    private static readonly ThumbnailSpec Crop64 = new(64, 64, ThumbnailMethod.Crop, false);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("thumbnails-").FullName;
    private int _files;

    public ThumbnailerTests()
    {
        // Set up first, as in the server: what the samples below need beyond it, they cannot have.
        using var thumbnailer = new Thumbnailer(new MediaOptions(), TimeProvider.System);
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Scaling_keeps_the_shape_and_cropping_takes_the_one_that_is_asked_for()
    {
        using var image = Samples.TwoColours(400, 200);
        var png = image.PngsaveBuffer();
        Assert.Equal((100, 50), Size(await Make(png, Scale100)));
        Assert.Equal((64, 64), Size(await Make(png, Crop64)));
    }

    [Fact]
    public async Task Nothing_is_made_larger()
    {
        using var image = Samples.TwoColours(80, 40);
        Assert.Null((await Make(image.PngsaveBuffer(), Scale100)).Bytes);
        Assert.Equal((64, 40), Size(await Make(image.PngsaveBuffer(), Crop64)));
        Assert.Null((await Make(image.PngsaveBuffer(), null)).Bytes);
    }

    [Fact]
    public async Task What_lies_on_its_side_is_put_upright()
    {
        var thumbnail = await Make(Samples.LyingJpeg(400, 200), Scale100);
        Assert.Equal((50, 100), Size(thumbnail));
        using var upright = Image.NewFromBuffer(thumbnail.Bytes!);

        // Turned clockwise, what was left is on top.
        Assert.True(upright.Getpoint(25, 10)[0] > 200);
        Assert.True(upright.Getpoint(25, 90)[2] > 200);
        Assert.False(upright.Contains("exif-data"));
    }

    [Fact]
    public async Task What_lies_on_its_side_counts_as_large_as_it_is_upright()
    {
        Assert.Null((await Make(Samples.LyingJpeg(200, 100), new ThumbnailSpec(100, 200, ThumbnailMethod.Scale, false))).Bytes);
        Assert.Equal((50, 100), Size(await Make(Samples.LyingJpeg(200, 100), new ThumbnailSpec(200, 100, ThumbnailMethod.Scale, false))));
    }

    [Fact]
    public async Task Transparency_stays()
    {
        using var image = Samples.TwoColours(400, 200);
        using var transparent = image.Bandjoin([128.0]);
        var thumbnail = await Make(transparent.PngsaveBuffer(), Scale100);
        Assert.Equal("image/png", thumbnail.ContentType);
        using var read = Image.NewFromBuffer(thumbnail.Bytes!);
        Assert.True(read.HasAlpha());
    }

    [Theory]
    [InlineData(".gif")]
    [InlineData(".webp")]
    public async Task A_moving_image_moves_on_if_that_is_asked_for_and_else_stands_still(string kind)
    {
        var moving = Samples.Moving(kind, 200, 100, 5);
        foreach (var spec in new[] { Scale100, Crop64 })
        {
            var thumbnail = await Make(moving, spec, animated: true);
            Assert.Equal("image/webp", thumbnail.ContentType);
            var header = ImageHeader.Read(new MemoryStream(thumbnail.Bytes!))!;
            Assert.Equal(spec.Method == ThumbnailMethod.Crop ? (64, 64, 5) : (100, 50, 5), (header.Width, header.Height, header.Frames));
            using var read = Image.WebploadBuffer(thumbnail.Bytes!, n: -1);
            Assert.Equal([70, 70, 70, 70, 70], (int[])read.Get("delay"));
            Assert.True(read.Getpoint(5, 5)[2] > 200);
            Assert.True(read.Getpoint(5, header.Height + 5)[0] > 200);
        }

        var still = await Make(moving, Scale100);
        Assert.Equal((100, 50, 1), Shape(still));
    }

    [Fact]
    public async Task A_small_moving_image_stands_still_unless_it_may_move()
    {
        var moving = Samples.Moving(".gif", 50, 40, 3);
        Assert.Null((await Make(moving, Scale100, animated: true)).Bytes);
        Assert.Equal((50, 40, 1), Shape(await Make(moving, Scale100)));
        Assert.Equal((50, 40, 1), Shape(await Make(moving, null)));
    }

    [Fact]
    public async Task A_moving_image_of_too_many_pixels_stands_still()
    {
        var thumbnail = await Make(Samples.Moving(".gif", 200, 100, 12), Scale100, animated: true, pixelsMax: 200_000);
        Assert.Equal((100, 50, 1), Shape(thumbnail));
    }

    [Theory]
    [InlineData("png", 20_000, 20_000)]
    [InlineData("png", int.MaxValue, int.MaxValue)]
    [InlineData("jpeg", 65_000, 65_000)]
    [InlineData("gif", 65_535, 65_535)]
    [InlineData("webp", 16_000, 16_000)]
    public async Task A_bomb_is_refused_by_what_its_header_says(string kind, int width, int height)
    {
        var refusal = await Assert.ThrowsAsync<MatrixException>(() => Make(Bomb(kind, width, height), Scale100));
        Assert.Equal(MatrixError.TooLarge, refusal.Code);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")]
    [InlineData("%PDF-1.7 and so on and so on")]
    [InlineData("II*\0 a TIFF that goes on and on")]
    [InlineData("")]
    [InlineData("GIF89a")]
    [InlineData("RIFF....WEBPVP8X")]
    [InlineData("\u0000\u0000\u0000\u001cftypavif0000")]
    public async Task Other_kinds_and_broken_headers_are_refused(string content)
    {
        var refusal = await Assert.ThrowsAsync<MatrixException>(() => Make([.. content.Select(c => (byte)c)], Scale100));
        Assert.Equal(MatrixError.Unknown.WithStatus(400), refusal.Code);
    }

    [Fact]
    public async Task Every_cut_and_every_flipped_byte_ends_in_an_image_or_a_refusal()
    {
        using var image = Samples.TwoColours(120, 60);
        byte[][] images = [image.PngsaveBuffer(), image.JpegsaveBuffer(), Samples.Moving(".gif", 120, 60, 2), Samples.Moving(".webp", 120, 60, 2)];
        foreach (var bytes in images)
        {
            for (var i = 0; i < 60; i++)
            {
                var broken = (byte[])bytes.Clone();
                broken[i * bytes.Length / 60] ^= 0x5a;
                await ImageOrRefusal(broken);
                await ImageOrRefusal(bytes[..(i * bytes.Length / 60)]);
            }
        }
    }

    [Fact]
    public void Decoders_that_are_not_wanted_do_not_exist()
    {
        Vips.Prepare();
        using var image = Samples.TwoColours(10, 10);
        Assert.Throws<VipsException>(() => Image.NewFromBuffer(image.TiffsaveBuffer()));
    }

    [Fact]
    public void The_size_that_is_made_is_the_next_standard_one_or_exactly_the_one_asked_for()
    {
        Assert.Equal(new ThumbnailSpec(96, 96, ThumbnailMethod.Crop, false), new ThumbnailSpec(33, 50, ThumbnailMethod.Crop, false).Made(exact: false));
        Assert.Equal(new ThumbnailSpec(320, 320, ThumbnailMethod.Crop, false), new ThumbnailSpec(200, 200, ThumbnailMethod.Crop, false).Made(exact: false));
        Assert.Equal(new ThumbnailSpec(640, 480, ThumbnailMethod.Scale, true), new ThumbnailSpec(321, 10, ThumbnailMethod.Scale, true).Made(exact: false));
        Assert.Null(new ThumbnailSpec(5000, 10, ThumbnailMethod.Scale, false).Made(exact: false));
        Assert.Equal(Scale100, Scale100.Made(exact: true));
        Assert.Null(new ThumbnailSpec(5000, 10, ThumbnailMethod.Scale, false).Made(exact: true));
    }

    private async Task ImageOrRefusal(byte[] bytes)
    {
        try
        {
            await Make(bytes, Scale100, animated: true);
        }
        catch (MatrixException refusal)
        {
            Assert.Contains(refusal.Code, new[] { MatrixError.Unknown.WithStatus(400), MatrixError.TooLarge });
        }
    }

    private async Task<Thumbnail> Make(byte[] image, ThumbnailSpec? spec, bool animated = false, long pixelsMax = 50_000_000)
    {
        using var thumbnailer = new Thumbnailer(new MediaOptions { ImagePixelsMax = pixelsMax }, TimeProvider.System);
        var file = Path.Combine(_folder, $"{++_files}[n=-1]");
        await File.WriteAllBytesAsync(file, image, TestContext.Current.CancellationToken);
        return await thumbnailer.Make(file, spec, animated, TestContext.Current.CancellationToken);
    }

    private static (int Width, int Height) Size(Thumbnail thumbnail) => (Shape(thumbnail).Width, Shape(thumbnail).Height);

    private static (int Width, int Height, int Frames) Shape(Thumbnail thumbnail)
    {
        var header = ImageHeader.Read(new MemoryStream(thumbnail.Bytes!))!;
        Assert.Equal(thumbnail.ContentType, header.ContentType);
        return (header.Width, header.Height, header.Frames);
    }

    /// <summary>A small file whose header promises very much.</summary>
    private static byte[] Bomb(string kind, int width, int height)
    {
        using var image = Samples.TwoColours(20, 20);
        byte[] bytes;
        switch (kind)
        {
            case "png":
                bytes = image.PngsaveBuffer();
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
                return bytes;
            case "jpeg":
                bytes = image.JpegsaveBuffer();
                var frame = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xc0]);
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(frame + 5), (ushort)height);
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(frame + 7), (ushort)width);
                return bytes;
            case "gif":
                bytes = image.GifsaveBuffer();
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), (ushort)width);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)height);
                return bytes;
            default:
                bytes = Samples.Moving(".webp", 20, 20, 2);
                (bytes[24], bytes[25], bytes[26]) = ((byte)(width - 1), (byte)((width - 1) >> 8), (byte)((width - 1) >> 16));
                (bytes[27], bytes[28], bytes[29]) = ((byte)(height - 1), (byte)((height - 1) >> 8), (byte)((height - 1) >> 16));
                return bytes;
        }
    }
}
