using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.ApplicationServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Grains.ApplicationServices;

internal static class AppServiceExtensions
{
    /// <summary>What application services need; each follows the log by itself.</summary>
    public static IServiceCollection AddApplicationServices(this IServiceCollection services, ApplicationServiceList list)
    {
        services.TryAddSingleton(new AppServiceOptions());
        services.AddSingleton(list).AddSingleton<AppServiceHttp>().AddSingleton<AppServiceSweep>()
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<AppServiceSweep>());
        foreach (var service in list.All.Where(service => service.Url is not null))
        {
            services.AddSingleton<ILogConsumer>(provider => ActivatorUtilities.CreateInstance<AppServiceConsumer>(provider, service));
        }

        if (list.All.Any(service => service.ReceivesEphemeral))
        {
            services.AddSingleton<IEphemeralListener>(provider => ActivatorUtilities.CreateInstance<AppServiceTyping>(provider, provider.GetRequiredService<Tail>()));
        }

        return services;
    }
}
