using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>
/// One started <c>matrix-orleans</c> process with a data folder of its own. It can be stopped, killed and started again on the same data and port;
/// disposing ends it and removes the folder.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StoppedWithin = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Probe = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly ServerOptions _options;
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("matrix-orleans-").FullName;
    private readonly StringBuilder _output = new();
    private readonly int _port = FreePort();
    private Process? _process;

    private ServerProcess(ServerOptions options) => _options = options;

    /// <summary>Where the server listens.</summary>
    public Uri BaseAddress => new($"http://127.0.0.1:{_port}");

    /// <summary>The process id while it runs.</summary>
    public int Id => _process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>What the process printed so far, for messages of failed tests.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The built server: <c>MATRIX_ORLEANS_SERVER</c>, else the build of these tests' configuration, else the other one. Null when there is none.</summary>
    public static string? Executable { get; } = FindExecutable();

    /// <summary>Starts a server and returns when it is ready for requests.</summary>
    public static async Task<ServerProcess> StartAsync(ServerOptions options)
    {
        ServerProcess server = new(options);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process on its data folder and port, and returns when it is ready for requests.</summary>
    /// <param name="more">Further arguments; a key that was given before changes its value.</param>
    public async Task StartAgainAsync(params string[] more)
    {
        Assert.True(Executable is not null, "There is no built server: build src/MatrixOrleans.Server first.");
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _dataFolder,
        };
        start.ArgumentList.Add(Executable);
        foreach (string argument in _options.Arguments(_dataFolder, _port).Concat(more))
        {
            start.ArgumentList.Add(argument);
        }
        _process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilReadyAsync();
    }

    /// <summary>Asks the process to stop (SIGTERM) and waits until it has.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } running)
        {
            using Process signal = Process.Start("kill", ["-TERM", running.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await signal.WaitForExitAsync();
            using CancellationTokenSource limit = new(StoppedWithin);
            try
            {
                await running.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
                throw new TimeoutException($"The server did not stop within {StoppedWithin.TotalSeconds} s of SIGTERM.\n{Output}");
            }
        }
    }

    /// <summary>Ends the process at once, without warning (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        Directory.Delete(_dataFolder, recursive: true);
    }

    private async Task WaitUntilReadyAsync()
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < ReadyWithin)
        {
            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"The server ended with code {_process.ExitCode} while starting.\n{Output}");
            }
            if (await AnswersAsync("/health/ready") && await AnswersAsync("/_matrix/client/versions"))
            {
                return;
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"The server was not ready within {ReadyWithin.TotalSeconds} s.\n{Output}");
    }

    private async Task<bool> AnswersAsync(string path)
    {
        try
        {
            using HttpResponseMessage answer = await Probe.GetAsync(new Uri(BaseAddress, path));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        const int outputMax = 200_000;
        lock (_output)
        {
            if (line is not null && _output.Length < outputMax)
            {
                _output.AppendLine(line);
            }
        }
    }

    /// <summary>A port of the loopback interface that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? FindExecutable()
    {
        if (Environment.GetEnvironmentVariable("MATRIX_ORLEANS_SERVER") is { Length: > 0 } named)
        {
            return named;
        }
        string own = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        string other = own == "Release" ? "Debug" : "Release";
        return new[] { own, other }
            .Select(configuration => Repository.File("src", "MatrixOrleans.Server", "bin", configuration, "net10.0", "matrix-orleans.dll"))
            .FirstOrDefault(File.Exists);
    }
}
