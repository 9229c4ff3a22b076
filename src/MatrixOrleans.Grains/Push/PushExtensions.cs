using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Outbound;
using MatrixOrleans.Outbound.Discovery;
using MatrixOrleans.Outbound.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Grains.Push;

internal static class PushExtensions
{
    /// <summary>What pushers need. A server or a test that wants other options registers them before.</summary>
    public static IServiceCollection AddPush(this IServiceCollection services)
    {
        services.TryAddSingleton(new PushOptions());
        services.TryAddSingleton(new OutboundOptions());
        services.TryAddSingleton<INameLookup, DnsLookup>();
        services.TryAddSingleton<IWebClient, WebClient>();
        return services
            .AddSingleton<ILogConsumer, PushConsumer>()
            .AddSingleton<PushSweep>()
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<PushSweep>());
    }
}
