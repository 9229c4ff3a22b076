using MatrixOrleans.Gateway.ClientServer;
using MatrixOrleans.Gateway.Federation;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Federation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MatrixOrleans.Gateway.Http;

public static class GatewayExtensions
{
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        // The options of media that were registered before stay.
        services.TryAddSingleton(new MediaOptions());

        // Likewise the policy towards other servers.
        services.TryAddSingleton<IFederationPolicies>(new FixedFederationPolicy(FederationPolicy.Open));
        return services
            .WithApplicationServices()
            .AddSingleton<SessionCache>()
            .AddSingleton<AppServiceSessions>()
            .AddSingleton<RateLimits>()
            .AddSingleton<DeviceActivity>()
            .AddHostedService(services => services.GetRequiredService<DeviceActivity>())
            .AddSingleton<MediaFinder>()
            .AddSingleton<UploadDesk>()
            .AddSingleton<ThumbnailDesk>()
            .AddSingleton<EndpointRunner>()
            .AddSingleton<RequestAuthentication>()
            .AddSingleton<ServerEndpointRunner>();
    }

    /// <summary>None, unless the server has registered those of its configuration.</summary>
    private static IServiceCollection WithApplicationServices(this IServiceCollection services)
    {
        services.TryAddSingleton(ApplicationServiceList.None);
        return services;
    }

    /// <summary>Maps every operation of the route lists.</summary>
    public static void MapGateway(this WebApplication app)
    {
        app.UseMiddleware<CorsHeaders>();
        app.UseMiddleware<ErrorHandler>();
        app.UseRouting();
        var runner = app.Services.GetRequiredService<EndpointRunner>();
        foreach (var endpoint in Routes.All)
        {
            Map(app, runner, endpoint, endpoint.Path);
            foreach (var path in endpoint.AlsoPaths)
            {
                Map(app, runner, endpoint, path);
            }
        }

        var servers = app.Services.GetRequiredService<ServerEndpointRunner>();
        foreach (var endpoint in ServerRoutes.All)
        {
            foreach (var path in endpoint.AlsoPaths.Prepend(endpoint.Path))
            {
                app.MapMethods(path, [endpoint.Method], http => servers.Run(endpoint, http));
            }
        }
    }

    private static void Map(IEndpointRouteBuilder app, EndpointRunner runner, Endpoint endpoint, string path)
    {
        RequestDelegate run = http => runner.Run(endpoint, http);
        app.MapMethods(path, [endpoint.Method], run);
        if (path.StartsWith("/_matrix/client/v3/", StringComparison.Ordinal))
        {
            app.MapMethods(path.Replace("/v3/", "/r0/", StringComparison.Ordinal), [endpoint.Method], run);
        }
    }
}
