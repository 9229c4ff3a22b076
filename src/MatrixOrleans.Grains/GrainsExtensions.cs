using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.ApplicationServices;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Push;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.ApplicationServices;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Grains;

public static class GrainsExtensions
{
    /// <summary>What the grains of a silo share.</summary>
    public static IServiceCollection AddGrains(this IServiceCollection services, PasswordOptions? passwords = null, ConsumerOptions? consumers = null, ApplicationServiceList? appServices = null) => services
        .AddSingleton<Tail>()
        .AddSingleton<IEphemeralListener>(provider => provider.GetRequiredService<Tail>())
        .AddSingleton<EventCache>(_ => new EventCache())
        .AddSingleton<RoomWindows>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ProfileResumption>()
        .AddSingleton(consumers ?? new ConsumerOptions())
        .AddSingleton<ConsumerHost>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<ConsumerHost>())
        .AddSingleton<TenantKeys>()
        .AddSingleton<ISessionInvalidations, SessionInvalidations>()
        .AddPush()
        .AddApplicationServices(appServices ?? ApplicationServiceList.None)
        .AddFederation()
        .AddAccounts(passwords);
}
