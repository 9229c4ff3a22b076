using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>
/// A PostgreSQL server with a data folder and a port of its own and the settings that it comes with: every commit is flushed before it is
/// answered.
/// </summary>
internal sealed class PostgresProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly int _port;
    private readonly Process _process;

    private PostgresProcess(string folder, int port, Process process)
    {
        _folder = folder;
        _port = port;
        _process = process;
    }

    public int Id => _process.Id;

    /// <summary>Where the programs are; <c>null</c> when PostgreSQL is not installed.</summary>
    public static string? Binaries { get; } = FindBinaries();

    public static async Task<PostgresProcess> Start(string folder)
    {
        var binaries = Binaries ?? throw new InvalidOperationException("PostgreSQL is not installed (Debian package postgresql).");
        Directory.CreateDirectory(folder);

        // PostgreSQL refuses to run as root.
        string[] asUser = [];
        if (Environment.IsPrivilegedProcess)
        {
            var user = File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            asUser = ["setpriv", "--reuid", user, "--regid", (await Commands.Run("id", "-g", user)).Trim(), "--clear-groups"];
            await Commands.Run("chown", user, folder);
        }

        var data = Path.Combine(folder, "db");
        string[] initialise = [.. asUser, Path.Combine(binaries, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"];
        await Commands.Run(initialise[0], initialise[1..]);
        var port = FreePort();
        string[] serve =
        [
            .. asUser, Path.Combine(binaries, "postgres"), "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "logging_collector=off", "-c", "log_min_messages=fatal",
        ];
        var process = Process.Start(new ProcessStartInfo(serve[0], serve[1..]) { RedirectStandardError = true, WorkingDirectory = folder })
            ?? throw new InvalidOperationException("PostgreSQL did not start.");
        Children.Add(process);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var server = new PostgresProcess(folder, port, process);
        try
        {
            await server.WaitUntilReady();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabase(string name)
    {
        await Execute($"create database {name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
        return ConnectionString(name);
    }

    /// <summary>Version and the settings that durability depends on.</summary>
    public async Task<string> Describe() =>
        $"PostgreSQL {await Execute("show server_version")}, fsync={await Execute("show fsync")}, synchronous_commit={await Execute("show synchronous_commit")}, shared_buffers={await Execute("show shared_buffers")}";

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (!_process.HasExited)
        {
            await Commands.Run("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
            await _process.WaitForExitAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database}");

    private async Task<string?> Execute(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var command = source.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    private async Task WaitUntilReady()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await Execute("select 1");
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && Stopwatch.GetElapsedTime(started) < ReadyWithin)
            {
                await Task.Delay(50);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? FindBinaries()
    {
        const string debian = "/usr/lib/postgresql";
        IEnumerable<string> packaged = Directory.Exists(debian)
            ? Directory.EnumerateDirectories(debian).OrderByDescending(f => int.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var v) ? v : 0).Select(f => Path.Combine(f, "bin"))
            : [];
        return packaged
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }
}
