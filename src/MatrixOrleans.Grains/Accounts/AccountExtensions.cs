using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Grains.Accounts;

public static class AccountExtensions
{
    /// <summary>What the grains of accounts need beside the database, the clock and the invalidations.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services, PasswordOptions? passwords = null) => services
        .AddSingleton(passwords ?? new PasswordOptions())
        .AddSingleton<PasswordHasher>()
        .AddSingleton<AccountClosing>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ClosingResumption>();
}
