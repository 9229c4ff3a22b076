using System.Diagnostics;
using MatrixOrleans.Benchmarks.Reports;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Images;
using MatrixOrleans.Protocol.Media;
using NetVips;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>How many thumbnails the server's own code makes in a second, with as many decoders at work as it allows.</summary>
internal static class ThumbnailFigures
{
    private static readonly ThumbnailSpec Avatar = new(96, 96, ThumbnailMethod.Crop, false);
    private static readonly ThumbnailSpec InTimeline = new(800, 600, ThumbnailMethod.Scale, false);

    public static async Task Run(Benchmark benchmark)
    {
        using var thumbnailer = new Thumbnailer(new MediaOptions(), TimeProvider.System);
        var folder = Directory.CreateDirectory(benchmark.NewFolder("images")).FullName;
        var photo = Write(folder, "photo.jpg", Picture(4000, 3000).JpegsaveBuffer(q: 85));
        var screenshot = Write(folder, "screenshot.png", Picture(1920, 1080).PngsaveBuffer());
        var moving = Write(folder, "moving.gif", Moving(480, 270, 30));
        var seconds = benchmark.Options.MeasuredShort;
        List<Figure> figures =
        [
            await Measure(thumbnailer, "photo (JPEG, 4000 x 3000), scaled to 800 x 600", photo, InTimeline, seconds),
            await Measure(thumbnailer, "photo, cropped to 96 x 96", photo, Avatar, seconds),
            await Measure(thumbnailer, "screenshot (PNG, 1920 x 1080), scaled to 800 x 600", screenshot, InTimeline, seconds),
            await Measure(thumbnailer, "moving image (GIF, 480 x 270, 30 frames), moving, scaled to 320 x 240", moving, new ThumbnailSpec(320, 240, ThumbnailMethod.Scale, true), seconds),
        ];
        benchmark.Report.Table(
            "Thumbnails",
            Text.Of($"From a file to the thumbnail's bytes, with {new MediaOptions().ThumbnailsAtOnce} decoders at work; every thumbnail is made anew (a server makes each once and keeps it). The pictures are noise over a gradient. {seconds.TotalSeconds:0} s each."),
            figures);
    }

    private static async Task<Figure> Measure(Thumbnailer thumbnailer, string name, string file, ThumbnailSpec spec, TimeSpan time)
    {
        Report.Progress($"thumbnails of {Path.GetFileName(file)}");
        await thumbnailer.Make(file, spec, spec.Animated, CancellationToken.None);
        var (made, bytes) = (0, 0L);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, new MediaOptions().ThumbnailsAtOnce).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var thumbnail = await thumbnailer.Make(file, spec, spec.Animated, CancellationToken.None);
                Interlocked.Increment(ref made);
                Interlocked.Exchange(ref bytes, thumbnail.Bytes!.Length);
            }
        }));
        var taken = Stopwatch.GetElapsedTime(started);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        return new Figure(name, Text.Of($"**{made / taken.TotalSeconds:0.0}**/s, {used.TotalMilliseconds / made:0.0} ms of processor each, {bytes / 1024} KiB"));
    }

    private static string Write(string folder, string name, byte[] bytes)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    private static Image Picture(int width, int height)
    {
        using var gradient = Image.Xyz(width, height);
        using var noise = Image.Gaussnoise(width, height, sigma: 12, mean: 0, seed: 1);
        using var bands = gradient.ExtractBand(0).Bandjoin([gradient.ExtractBand(1), gradient.ExtractBand(0)]);
        using var scaled = bands.Linear([255.0 / width, 255.0 / height, 128.0 / width], [0.0, 0.0, 60.0]);
        using var sum = scaled.Add(noise);
        return sum.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private static byte[] Moving(int width, int height, int frames)
    {
        using var picture = Picture(width, height);
        var shifted = Enumerable.Range(0, frames).Select(i => picture.Wrap(x: i * 8, y: 0)).ToArray();
        using var joined = Image.Arrayjoin(shifted, across: 1);
        using var moving = joined.Mutate(image => image.Set(GValue.GIntType, "page-height", height));
        return moving.GifsaveBuffer();
    }
}
