using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Grains;
using MatrixOrleans.Grains.Accounts;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace MatrixOrleans.Server.Tests.Accounts;

/// <summary>A gateway on a loopback port, a silo and a database of its own, as one process has them.</summary>
public sealed class AccountServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly InProcessTestCluster _cluster;
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private AccountServer(string folder, Database database, ShiftedTime time, InProcessTestCluster cluster, WebApplication app, HttpClient http) =>
        (_folder, Database, Time, _cluster, _app, _http) = (folder, database, time, cluster, app, http);

    public Database Database { get; }

    /// <summary>The one clock of gateway, grains and database.</summary>
    public ShiftedTime Time { get; }

    public IGrainFactory Grains => _cluster.Client;

    public static async Task<AccountServer> Start(Action<GatewayOptions>? configure = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        var time = new ShiftedTime();
        var folder = System.IO.Directory.CreateTempSubdirectory("accounts-").FullName;
        var database = await Database.OpenAsync(new DatabaseOptions { ConnectionString = Path.Combine(folder, "test.db"), SynchronousFull = false }, time, NullLoggerFactory.Instance, cancel);
        await database.MigrateAsync(cancel);
        await database.StartWriterAsync(cancel);

        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Services
            .AddSingleton(database)
            .AddSingleton<TimeProvider>(time)
            .AddGrains()
            .AddAccounts(new PasswordOptions { MemoryKiB = 8, Passes = 1 }));
        var cluster = builder.Build();
        await cluster.DeployAsync(cancel);

        var silo = cluster.GetSiloServiceProvider();
        var tail = silo.GetRequiredService<Tail>();
        tail.Begin(await database.Log.MaxPosition());
        database.Writer.Subscribe(tail);

        var options = new GatewayOptions
        {
            Tenants = [ServerName.Parse("one.test"), ServerName.Parse("two.test")],
            Registration = RegistrationMode.Open,
            RateLimits = false,
        };
        configure?.Invoke(options);
        foreach (var tenant in options.Tenants)
        {
            await silo.GetRequiredService<TenantKeys>().Open(tenant);
        }

        var web = WebApplication.CreateSlimBuilder();
        web.Logging.ClearProviders();
        web.WebHost.UseUrls("http://127.0.0.1:0");
        web.Services
            .AddSingleton<IGrainFactory>(cluster.Client)
            .AddSingleton(options)
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(silo.GetRequiredService<ISessionInvalidations>())
            .AddGateway();
        var app = web.Build();
        app.MapGateway();
        await app.StartAsync(cancel);
        return new AccountServer(folder, database, time, cluster, app, new HttpClient { BaseAddress = new Uri(app.Urls.Single()) });
    }

    /// <summary>One request to the first homeserver.</summary>
    public Task<Reply> Call(string method, string path, object? body = null, string? token = null, string host = "one.test") =>
        Send(method, path, body is null ? null : new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), token, host);

    public async Task<Reply> Send(string method, string path, HttpContent? content, string? token = null, string host = "one.test")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        request.Headers.Host = host;
        request.Headers.UserAgent.ParseAdd("test/1");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Registers with the password <c>secret</c>.</summary>
    public async Task<Reply> Register(string username, object? more = null, string host = "one.test")
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["username"] ??= username;
        body["password"] ??= "secret";
        body["auth"] ??= JsonSerializer.SerializeToNode(new { type = "m.login.dummy" });
        return await Call("POST", "/_matrix/client/v3/register", body.ToJsonString(), host: host);
    }

    public Task<Reply> LogIn(string user, string password = "secret", string? device = null, bool refresh = false, string host = "one.test") =>
        Call("POST", "/_matrix/client/v3/login", new { type = "m.login.password", identifier = new { type = "m.id.user", user }, password, device_id = device, refresh_token = refresh }, host: host);

    public async Task<int> WhoAmI(string token) => (await Call("GET", "/_matrix/client/v3/account/whoami", token: token)).Status;

    /// <summary>Hands over what the gateway noted of devices.</summary>
    public Task FlushActivity() => _app.Services.GetRequiredService<DeviceActivity>().Flush();

    /// <summary>Another silo joins, as after a failure of one.</summary>
    public Task StartSilo() => _cluster.StartAdditionalSiloAsync();

    public Task AddRegistrationToken(string token, long? usesAllowed = null, TimeSpan? expiresIn = null) =>
        Database.RegistrationTokens.Create(new RegistrationTokenRow(token, usesAllowed, 0, 0, expiresIn is { } some ? (Time.GetUtcNow() + some).ToUnixTimeMilliseconds() : null));

    /// <summary>The answer to the password stage of whatever the request confirms.</summary>
    public static object ByPassword(string user, string password = "secret", string? session = null) =>
        new { type = "m.login.password", identifier = new { type = "m.id.user", user }, password, session };

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _cluster.DisposeAsync();
        await Database.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>The system's time and a bit: tests move it forward.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shiftTicks));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Interlocked.Read(ref _shiftTicks) / (double)TimeSpan.TicksPerSecond * TimestampFrequency);
}

/// <summary>An answer, with its JSON at hand.</summary>
public sealed record Reply(int Status, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public string? Errcode => String("errcode");

    public string AccessToken => String("access_token") ?? throw new InvalidOperationException($"No token: {Status} {Text}");

    public string? String(string name) => Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public bool Has(string name) => Json.TryGetProperty(name, out _);

    /// <summary>Fails the test, and shows the answer, unless it is this one.</summary>
    public Reply Is(int status, string? errcode = null)
    {
        Assert.True(status == Status && (errcode is null || errcode == Errcode), $"{status} {errcode} was expected, not {Status} {Text}");
        return this;
    }
}
