using MatrixOrleans.Storage;

namespace MatrixOrleans.Server.Hosting;

/// <summary>A homeserver that has started; disposing ends it.</summary>
internal sealed class RunningHomeserver(WebApplication app, Database database, ILoggerFactory logs) : IAsyncDisposable
{
    public WebApplication App => app;

    public Database Database => database;

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await database.DisposeAsync();
        logs.Dispose();
    }
}

/// <summary>Whether requests are answered as quickly as they will be.</summary>
internal sealed class Readiness
{
    private volatile bool _isReady;

    public bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }
}
