using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MatrixOrleans.Benchmarks.Http;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>One started homeserver with a data folder of its own; it can be killed and started again on the same data and port.</summary>
internal sealed class HomeserverProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StoppedWithin = TimeSpan.FromSeconds(30);

    private readonly string _executable;
    private readonly string _dataFolder;
    private readonly string _databaseOption;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private HomeserverProcess(string executable, string dataFolder, string databaseOption, int? databaseId)
    {
        _executable = executable;
        _dataFolder = dataFolder;
        _databaseOption = databaseOption;
        DatabaseId = databaseId;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Address = (IPEndPoint)listener.LocalEndpoint;
    }

    public IPEndPoint Address { get; }

    public int Id => _process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>The database server's process; <c>null</c> for SQLite, which is part of the homeserver.</summary>
    public int? DatabaseId { get; }

    /// <summary>From starting the process to the first answered request.</summary>
    public TimeSpan StartedIn { get; private set; }

    /// <summary>From starting the process to being ready: it has warmed up.</summary>
    public TimeSpan ReadyIn { get; private set; }

    /// <summary>Starts a server with an empty database.</summary>
    public static async Task<HomeserverProcess> Start(string executable, string dataFolder, DatabaseChoice database)
    {
        Directory.CreateDirectory(dataFolder);
        var option = await database.NewDatabase();
        var server = new HomeserverProcess(executable, dataFolder, option, database.ProcessId);
        try
        {
            await server.StartAgain();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <param name="otherExecutable">Another build of the server, on the same data.</param>
    public async Task StartAgain(string? otherExecutable = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _dataFolder,
        };
        string[] arguments =
        [
            otherExecutable ?? _executable,
            "--listen", string.Create(CultureInfo.InvariantCulture, $"http://{Address}"),
            "--server-name", "localhost",
            "--data-dir", _dataFolder,
            "--database", _databaseOption,
            "--registration", "open",
            "--rate-limit", "on",
            "--rate-limit-sends-per-second", "1000000",
            "--password-hash-cheap", "true",
            "--log-level", "Warning",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_gcConcurrent"] = "1";
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT");
        var started = Stopwatch.GetTimestamp();
        _process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        Children.Add(_process);
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilItAnswers("/_matrix/client/versions", started);
        StartedIn = Stopwatch.GetElapsedTime(started);
        await WaitUntilItAnswers("/health/ready", started);
        ReadyIn = Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public async Task Kill()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task Stop()
    {
        if (_process is { HasExited: false } running)
        {
            await Commands.Run("kill", "-TERM", running.Id.ToString(CultureInfo.InvariantCulture));
            using var limit = new CancellationTokenSource(StoppedWithin);
            try
            {
                await running.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await Kill();
                await Console.Error.WriteLineAsync($"The server did not stop within {StoppedWithin.TotalSeconds} s of SIGTERM and was killed.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        if (_output.Length > 0)
        {
            await Console.Error.WriteLineAsync($"The server said:\n{_output.ToString(0, Math.Min(_output.Length, 4000))}");
        }

        Directory.Delete(_dataFolder, recursive: true);
    }

    private async Task WaitUntilItAnswers(string path, long started)
    {
        var request = Requests.Get(path, null);
        using var connection = new HttpConnection(Address);
        while (Stopwatch.GetElapsedTime(started) < ReadyWithin)
        {
            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"The server ended with code {_process.ExitCode} while starting.\n{_output}");
            }

            try
            {
                if (await connection.Exchange(request) == 200)
                {
                    return;
                }
            }
            catch (IOException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5);
        }

        throw new TimeoutException($"The server was not ready within {ReadyWithin.TotalSeconds} s.\n{_output}");
    }

    private void Keep(string? line)
    {
        const int outputMax = 100_000;
        lock (_output)
        {
            if (line is not null && _output.Length < outputMax && !line.StartsWith("Homeserver ", StringComparison.Ordinal)
                && !line.StartsWith("There is no account", StringComparison.Ordinal) && !line.StartsWith("    ./run", StringComparison.Ordinal))
            {
                _output.AppendLine(line);
            }
        }
    }
}
