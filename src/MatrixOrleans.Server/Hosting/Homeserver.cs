using System.Security.Cryptography.X509Certificates;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Grains;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Keys;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Media;
using MatrixOrleans.Grains.Presence;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Media;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Configuration;
using MatrixOrleans.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Configuration;
using GatewayOptions = MatrixOrleans.Gateway.Http.GatewayOptions;

namespace MatrixOrleans.Server.Hosting;

/// <summary>The process in the role <c>all</c>: gateway and silo together.</summary>
public static class Homeserver
{
    /// <summary>Brings the database's schema up to date and ends.</summary>
    public static async Task<int> Migrate(HomeserverOptions options)
    {
        using var logs = LoggerFactory.Create(logging => logging.AddConsole());
        await using var database = await Open(options, logs);
        await database.MigrateAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>Serves until the process is told to stop.</summary>
    public static async Task<int> Run(HomeserverOptions options)
    {
        var readiness = new Readiness();
        await using var server = await Start(options, readiness);
        await Welcome.Print(options, server.Database);
        if (options.WarmUp)
        {
            await WarmUp.Run(server.Database, server.App.Services.GetRequiredService<ILoggerFactory>());
        }

        readiness.IsReady = true;
        await server.App.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Starts a homeserver that listens.</summary>
    /// <param name="readiness">What <c>/health/ready</c> says.</param>
    internal static async Task<RunningHomeserver> Start(HomeserverOptions options, Readiness readiness)
    {
        // The configuration is OptionsReader's alone: nothing watches folders for settings files, the database's folder least of all.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = AppContext.BaseDirectory,
        });
        ConfigureLogging(builder.Logging, options);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, options)).UseUrls([.. OptionsReader.Addresses(options)]);
        // One change of threads less for each request. Requests still run on the pool, and one that blocks holds up its own connection only.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));

        var logs = LoggerFactory.Create(logging => ConfigureLogging(logging, options));
        var database = await Open(options, logs);
        await database.MigrateAsync(CancellationToken.None);
        await database.StartWriterAsync(CancellationToken.None);

        var gateway = Gateway(options);
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddSingleton(database)
            .AddSingleton(gateway)
            .AddSingleton(FederationReader.Outbound(options))
            .AddSingleton(FederationReader.Federation(options))
            .AddSingleton<IFederationPolicies>(FederationReader.Policies(options, logs))
            .AddMedia(Media(options))
            .AddHostedService<MediaUpkeep>()
            .AddHostedService<TxnUpkeep>()
            .AddGrains(
                options.PasswordHashCheap ? new PasswordOptions { MemoryKiB = 8, Passes = 1 } : null,
                new EncryptionOptions { DeviceKeysSigned = options.DeviceKeysSigned },
                new ConsumerOptions { Alone = true },
                RegistrationFiles.Read(options))
            .AddGateway();
        builder.UseOrleans(ConfigureSilo);

        var app = builder.Build();
        var tail = app.Services.GetRequiredService<Tail>();
        tail.Begin(await database.Log.MaxPosition());
        database.Writer.Subscribe(tail);
        database.Writer.Subscribe(app.Services.GetRequiredService<PresenceBoard>());
        var keys = app.Services.GetRequiredService<TenantKeys>();
        foreach (var tenant in gateway.Tenants)
        {
            await keys.Open(tenant);
        }
        app.MapGet("/health/live", () => "ok");
        app.MapGet("/health/ready", () => readiness.IsReady ? Results.Text("ok") : Results.Text("starting", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.MapGateway();
        await app.StartAsync();
        return new RunningHomeserver(app, database, logs);
    }

    private static async Task<Database> Open(HomeserverOptions options, ILoggerFactory logs)
    {
        Directory.CreateDirectory(options.DataDir);
        var postgres = options.Database.StartsWith("postgres:", StringComparison.Ordinal);
        return await Database.OpenAsync(
            new DatabaseOptions
            {
                Provider = postgres ? "postgres" : "sqlite",
                ConnectionString = postgres ? options.Database["postgres:".Length..] : Path.Combine(options.DataDir, "homeserver.db"),
                SynchronousFull = options.SqliteSynchronousFull,
            },
            TimeProvider.System,
            logs,
            CancellationToken.None);
    }

    private static GatewayOptions Gateway(HomeserverOptions options) => new()
    {
        Tenants = [.. OptionsReader.Names(options).Select(ServerName.Parse)],
        PublicBaseUrls = options.PublicBaseUrl is { } url ? new Dictionary<string, string> { [options.ServerName] = url } : [],
        Registration = Enum.Parse<RegistrationMode>(options.Registration, ignoreCase: true),
        GuestsAllowed = options.Guests,
        RegistrationSharedSecret = RegistrationSecret.Get(options),
        Presence = options.Presence,
        Turn = new TurnOptions
        {
            Uris = Words(options.TurnUris),
            SharedSecret = options.TurnSharedSecret,
            Username = options.TurnUsername ?? "",
            Password = options.TurnPassword ?? "",
            LifetimeSeconds = options.TurnLifetimeSeconds,
        },
        LivekitServiceUrls = Words(options.LivekitServiceUrls),
        PolicyServerKeys = options.PolicyServerKey is { } key ? new Dictionary<string, string> { [options.ServerName] = key } : [],
        DelegatedServers = options.FederationDelegate is { } server ? new Dictionary<string, string> { [options.ServerName] = server } : [],
        PublicRoomsForServers = options.FederationPublicRooms,
        QueryTokens = options.QueryTokens,
        RateLimits = options.RateLimit == "on",
        SendsPerSecond = options.SendsPerSecond,
        SendsBurst = (int)Math.Max(200, options.SendsPerSecond * 4),
    };

    private static string[] Words(string? text) => text?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static MediaOptions Media(HomeserverOptions options) => new()
    {
        Folder = options.MediaDir ?? Path.Combine(options.DataDir, "media"),
        UploadBytesMax = options.MediaUploadBytesMax,
        RemoteBytesMax = options.MediaUploadBytesMax,
        UserBytesMax = options.MediaQuotaBytes,
        Legacy = Enum.Parse<LegacyMedia>(options.MediaLegacy, ignoreCase: true),
        DynamicThumbnails = options.MediaDynamicThumbnails,
        UrlPreviews = options.UrlPreviews,
        ImagePixelsMax = options.MediaImagePixelsMax,
        RetentionDays = options.MediaRetentionDays,
        RemoteRetentionDays = options.MediaRemoteRetentionDays,
        S3 = options.MediaS3 is null ? null : OptionsReader.S3Of(options),
    };

    private static void ConfigureKestrel(KestrelServerOptions kestrel, HomeserverOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
        kestrel.Limits.MaxRequestLineSize = 32 * 1024;
        if (options.TlsCertificate is { } certificate)
        {
            kestrel.ConfigureHttpsDefaults(https =>
            {
                https.ServerCertificate = X509Certificate2.CreateFromPemFile(certificate, options.TlsKey);
                https.ServerCertificateChain = [];
                https.ServerCertificateChain.ImportFromPemFile(certificate);
            });
        }
    }

    private static void ConfigureSilo(ISiloBuilder silo)
    {
        // Nothing of the embedded cluster is reachable from outside the machine; two processes beside each other must not meet.
        var (siloPort, gatewayPort) = FreePort.Two();
        silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "matrix-orleans", clusterId: $"embedded-{siloPort}");
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(30));
    }

    private static void ConfigureLogging(ILoggingBuilder logging, HomeserverOptions options)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.SetMinimumLevel(Enum.Parse<LogLevel>(options.LogLevel, ignoreCase: true));
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Orleans", LogLevel.Error);
        logging.AddFilter("Polly", LogLevel.Warning);
    }
}
