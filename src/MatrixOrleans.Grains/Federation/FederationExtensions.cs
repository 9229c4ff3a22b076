using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Federation.Keys;
using MatrixOrleans.Grains.Federation.Receiving;
using MatrixOrleans.Grains.Federation.Sending;
using MatrixOrleans.Outbound;
using MatrixOrleans.Outbound.Discovery;
using MatrixOrleans.Protocol.Federation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Grains.Federation;

internal static class FederationExtensions
{
    /// <summary>What federation needs. The server registers its own options and policies before; without any, federation is open and nothing private is dialled.</summary>
    public static IServiceCollection AddFederation(this IServiceCollection services)
    {
        services.TryAddSingleton(new OutboundOptions());
        services.TryAddSingleton(new FederationOptions());
        services.TryAddSingleton<IFederationPolicies>(new FixedFederationPolicy(FederationPolicy.Open));
        services.TryAddSingleton<INameLookup, DnsLookup>();
        services.TryAddSingleton<IRequestSigner, TenantSigner>();
        services.TryAddSingleton<ServerHealth>();
        services.TryAddSingleton<IFederationClient, FederationClient>();
        services.TryAddSingleton<IKeyRing, KeyRing>();
        return services
            .AddSingleton<RoomServers>()
            .AddSingleton<TypingTeller>()
            .AddSingleton<PresenceTeller>()
            .AddSingleton<OutgoingBudget>()
            .AddSingleton<ILogConsumer, Outbox>()
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, OutgoingSweep>()
            .AddSingleton<RoomGate>()
            .AddSingleton<TypingReceiver>()
            .AddSingleton<PresenceReceiver>()
            .AddSingleton<ReceiptReceiver>()
            .AddSingleton<ToDeviceReceiver>()
            .AddSingleton<DeviceListReceiver>()
            .AddSingleton<EduReceiver>();
    }
}
