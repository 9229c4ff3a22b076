using MatrixOrleans.Media;
using MatrixOrleans.Outbound.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Grains.Media;

internal static class MediaGrainExtensions
{
    /// <summary>What the grains of media need beside <see cref="MediaExtensions.AddMedia"/>; options that were registered before stay.</summary>
    public static IServiceCollection AddMediaGrains(this IServiceCollection services)
    {
        services.TryAddSingleton(new MediaOptions());
        services.TryAddSingleton<IWebFetcher, WebFetcher>();
        services.TryAddSingleton<MediaKeeper>();
        services.TryAddSingleton<UrlPreviewer>();
        return services;
    }
}
