using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Grains;

public static class GrainsExtensions
{
    /// <summary>What the grains of a silo share.</summary>
    public static IServiceCollection AddGrains(this IServiceCollection services, PasswordOptions? passwords = null)
    {
        services.TryAddSingleton(new MediaOptions());
        return services.AddShared(passwords);
    }

    private static IServiceCollection AddShared(this IServiceCollection services, PasswordOptions? passwords) => services
        .AddSingleton<Tail>()
        .AddSingleton<IEphemeralListener>(provider => provider.GetRequiredService<Tail>())
        .AddSingleton<EventCache>(_ => new EventCache())
        .AddSingleton<RoomWindows>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ProfileResumption>()
        .AddSingleton<TenantKeys>()
        .AddSingleton<ISessionInvalidations, SessionInvalidations>()
        .AddFederation()
        .AddAccounts(passwords);
}
