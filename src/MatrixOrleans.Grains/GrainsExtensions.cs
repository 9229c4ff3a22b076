using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Search;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Grains;

public static class GrainsExtensions
{
    /// <summary>What the grains of a silo share.</summary>
    public static IServiceCollection AddGrains(this IServiceCollection services, PasswordOptions? passwords = null, ConsumerOptions? consumers = null) => services
        .AddSingleton<Tail>()
        .AddSingleton<IEphemeralListener>(provider => provider.GetRequiredService<Tail>())
        .AddSingleton<EventCache>(_ => new EventCache())
        .AddSingleton<RoomWindows>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ProfileResumption>()
        .AddSingleton(consumers ?? new ConsumerOptions())
        .AddSingleton<ILogConsumer, SearchConsumer>()
        .AddSingleton<ILogConsumer, GuestConsumer>()
        .AddSingleton<ILogConsumer, RemovalConsumer>()
        .AddSingleton<ILogConsumer, UserDirectoryConsumer>()
        .AddSingleton<ConsumerHost>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<ConsumerHost>())
        .AddSingleton<TenantKeys>()
        .AddSingleton<ISessionInvalidations, SessionInvalidations>()
        .AddAccounts(passwords);
}
