using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.ApplicationServices;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Delayed;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Media;
using MatrixOrleans.Grains.Presence;
using MatrixOrleans.Grains.Push;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Search;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Sync.Sliding;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.ApplicationServices;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Grains;

public static class GrainsExtensions
{
    /// <summary>What the grains of a silo share.</summary>
    public static IServiceCollection AddGrains(
        this IServiceCollection services,
        PasswordOptions? passwords = null,
        EncryptionOptions? encryption = null,
        ConsumerOptions? consumers = null,
        ApplicationServiceList? appServices = null) => services
        .AddSingleton<Tail>()
        .AddSingleton<IEphemeralListener>(provider => provider.GetRequiredService<Tail>())
        .AddSingleton<PresenceBoard>()
        .AddSingleton<IPresenceListener>(provider => provider.GetRequiredService<PresenceBoard>())
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PresenceResumption>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DelayedEventSweep>()
        .AddSingleton<EventCache>(_ => new EventCache())
        .AddSingleton<RoomWindows>()
        .AddSingleton<RoomKinds>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ProfileResumption>()
        .AddSingleton(encryption ?? new EncryptionOptions())
        .AddSingleton<LogDebts>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<LogDebts>())
        .AddSingleton(consumers ?? new ConsumerOptions())
        .AddSingleton<ILogConsumer, SearchConsumer>()
        .AddSingleton<ILogConsumer, GuestConsumer>()
        .AddSingleton<ILogConsumer, RemovalConsumer>()
        .AddSingleton<ILogConsumer, UserDirectoryConsumer>()
        .AddSingleton<ConsumerHost>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<ConsumerHost>())
        .AddSingleton<TenantKeys>()
        .AddSingleton<PduChecks>()
        .AddSingleton<RemoteMembership>()
        .AddSingleton<RemoteInvitations>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StagedResumption>()
        .AddSingleton<ISessionInvalidations, SessionInvalidations>()
        .AddPush()
        .AddApplicationServices(appServices ?? ApplicationServiceList.None)
        .AddFederation()
        .AddMediaGrains()
        .AddAccounts(passwords);
}
