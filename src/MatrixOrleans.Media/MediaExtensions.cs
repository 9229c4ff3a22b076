using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Media.Images;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Media;

public static class MediaExtensions
{
    /// <summary>The blob store and the thumbnailer; gateways and silos both need them, neither a database.</summary>
    public static IServiceCollection AddMedia(this IServiceCollection services, MediaOptions options) => services
        .AddSingleton(options)
        .AddSingleton(new Spool(Path.Combine(options.Folder, "incoming")))
        .AddSingleton<IBlobStore>(services => options.S3 is { } s3 ? new S3BlobStore(s3, services.GetRequiredService<Spool>()) : new DiskBlobStore(Path.Combine(options.Folder, "blobs")))
        .AddSingleton<Thumbnailer>();
}
