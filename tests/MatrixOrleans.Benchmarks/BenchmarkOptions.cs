using System.Globalization;

namespace MatrixOrleans.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record BenchmarkOptions
{
    public static readonly IReadOnlyList<string> AllParts = ["sends", "delivery", "sync", "sliding", "memory", "storage", "search", "todevice", "resolution", "thumbnails"];

    public static readonly IReadOnlyList<string> AllDatabases = ["sqlite", "postgres"];

    public const string Usage = """
        ./bench [option]...
          --quick              small loads and short times: is everything still there? (the figures in docs/performance.md are of the full run)
          --only PART,...      of: sends (with latency), delivery, sync, sliding, memory, storage, search, todevice, resolution, thumbnails
          --databases DB,...   of: sqlite, postgres
          --seconds N          how long each load is measured (default 60, quick 10)
          --sync-pause-ms N    how long a live client works on an answer before it asks again, during sends (default 0)
          --server FILE        the built server (matrix-orleans.dll)
          --baseline-server FILE  the same built with -p:WithoutAuthorization=true; without it there is no baseline
          --work-dir FOLDER    where the data is; its disk decides what a durable commit costs (default: the temporary folder)
          --output FILE        the tables as Markdown
        """;

    public bool Quick { get; init; }

    public IReadOnlyList<string> Parts { get; init; } = AllParts;

    public IReadOnlyList<string> Databases { get; init; } = AllDatabases;

    public int? Seconds { get; init; }

    public int SyncPauseMs { get; init; }

    public string? Server { get; init; }

    public string? BaselineServer { get; init; }

    public string? WorkDir { get; init; }

    public string? Output { get; init; }

    /// <summary>The arguments that change what is measured, as they were given.</summary>
    public IReadOnlyList<string> Asked { get; init; } = [];

    /// <summary>How long a load is measured.</summary>
    public TimeSpan Measured => TimeSpan.FromSeconds(Seconds ?? (Quick ? 10 : 60));

    /// <summary>How long loads run that need no full minute: latencies, deliveries, baselines.</summary>
    public TimeSpan MeasuredShort => TimeSpan.FromSeconds(Math.Min(Seconds ?? 20, Quick ? 5 : 20));

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 4 : 10);

    /// <exception cref="FormatException">The arguments are not as <see cref="Usage"/> says.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var first = i;
            options = arguments[i] switch
            {
                "--quick" => options with { Quick = true },
                "--only" => options with { Parts = Words(Value(), AllParts) },
                "--databases" => options with { Databases = Words(Value(), AllDatabases) },
                "--seconds" => options with { Seconds = Number(Value()) },
                "--sync-pause-ms" => options with { SyncPauseMs = Number(Value()) },
                "--server" => options with { Server = Path.GetFullPath(Value()) },
                "--baseline-server" => options with { BaselineServer = Path.GetFullPath(Value()) },
                "--work-dir" => options with { WorkDir = Path.GetFullPath(Value()) },
                "--output" => options with { Output = Path.GetFullPath(Value()) },
                var unknown => throw new FormatException($"Unknown option {unknown}"),
            };
            if (arguments[first] is not ("--server" or "--baseline-server" or "--work-dir" or "--output"))
            {
                options = options with { Asked = [.. options.Asked, .. arguments.Skip(first).Take(i - first + 1)] };
            }

            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value");
        }

        return options;
    }

    private static int Number(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number : throw new FormatException($"{text} is no number");

    private static string[] Words(string text, IReadOnlyList<string> known)
    {
        var words = text.Split(',');
        return words.FirstOrDefault(w => !known.Contains(w)) is { } unknown
            ? throw new FormatException($"{unknown} is none of {string.Join(", ", known)}")
            : words;
    }
}
