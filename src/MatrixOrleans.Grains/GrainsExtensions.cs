using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Sync.Sliding;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Grains;

public static class GrainsExtensions
{
    /// <summary>What the grains of a silo share.</summary>
    public static IServiceCollection AddGrains(this IServiceCollection services, PasswordOptions? passwords = null) => services
        .AddSingleton<Tail>()
        .AddSingleton<IEphemeralListener>(provider => provider.GetRequiredService<Tail>())
        .AddSingleton<EventCache>(_ => new EventCache())
        .AddSingleton<RoomWindows>()
        .AddSingleton<RoomKinds>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ProfileResumption>()
        .AddSingleton<TenantKeys>()
        .AddSingleton<ISessionInvalidations, SessionInvalidations>()
        .AddAccounts(passwords);
}
