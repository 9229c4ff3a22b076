using System.Diagnostics;
using System.Globalization;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Looking up words in the full-text index, by a user in a tenth of the rooms; the words are as frequent as those of a language.</summary>
internal static class SearchFigures
{
    private const int Rooms = 1_000;
    private const int RoomsOfUser = 100;
    private const int WordsOfMessage = 10;
    private const int Vocabulary = 200_000;
    private const int Batch = 2_000;
    private const double P50Aim = 50;
    private static readonly int[] Ranks = [10, 1_000, 100_000];

    public static async Task Run(Benchmark benchmark, DatabaseChoice choice)
    {
        var messages = benchmark.Options.Quick ? 20_000 : 1_000_000;
        var rounds = benchmark.Options.Quick ? 20 : 100;
        await using var database = await ScratchDatabase.Open(await ScratchDatabase.New(benchmark, choice));
        var words = new Zipf(Vocabulary, new Random(1));
        Report.Progress($"{messages} messages");
        for (var first = 0; first < messages; first += Batch)
        {
            List<SearchEntry> entries = [.. Enumerable.Range(first, Math.Min(Batch, messages - first)).Select(i => Message(i, words))];
            await database.Writer.Execute(async (session, _) =>
            {
                await SearchStore.Add(session, entries);
                return 0;
            });
        }

        var random = new Random(2);
        List<Figure> figures = [];
        foreach (var rank in Ranks)
        {
            foreach (var recent in (bool[])[true, false])
            {
                await Measure(rank, recent);
            }
        }

        benchmark.Report.Table(
            $"Search on {choice.Name}",
            Text.Of($"The index alone, without reading the events that were found: {messages} messages of {WordsOfMessage} words in {Rooms} rooms, {RoomsOfUser} of them the user's, others for each look-up; {rounds} look-ups each, one at a time."),
            figures);

        async Task Measure(int rank, bool recent)
        {
            var (ticks, found) = (new List<long>(), 0L);
            for (var i = 0; i < rounds + 5; i++)
            {
                long[] mine = [.. Enumerable.Range(1, Rooms).Select(n => (long)n).OrderBy(_ => random.Next()).Take(RoomsOfUser)];
                var started = Stopwatch.GetTimestamp();
                var (_, count) = await database.Search.Find([Zipf.Word(rank)], mine, [SearchKey.Body, SearchKey.Name, SearchKey.Topic], recent, 0, 10);
                if (i >= 5)
                {
                    ticks.Add(Stopwatch.GetTimestamp() - started);
                    found += count;
                }
            }

            var taken = new Latencies(ticks);
            var postgres = choice is PostgresChoice;
            figures.Add(new Figure(
                Text.Of($"word of rank {rank}, {(recent ? "newest" : "best")} first"),
                Text.Of($"p50 {taken.P50:0.0} ms, p99 {taken.P99:0.0} ms ({found / rounds} found on average)"),
                postgres ? Text.Of($"p50 <= {P50Aim:0} ms") : null,
                postgres ? taken.P50 <= P50Aim : null));
        }
    }

    private static SearchEntry Message(int number, Zipf words) =>
        new(number + 1, (number % Rooms) + 1, 1_700_000_000_000 + number, SearchKey.Body, [.. Enumerable.Range(0, WordsOfMessage).Select(_ => words.Next())]);

    /// <summary>Draws words: the one of rank n is n times as rare as the first.</summary>
    private sealed class Zipf
    {
        private readonly double[] _upTo;
        private readonly Random _random;

        public Zipf(int words, Random random)
        {
            _random = random;
            _upTo = new double[words];
            var sum = 0.0;
            for (var rank = 1; rank <= words; rank++)
            {
                _upTo[rank - 1] = sum += 1.0 / rank;
            }
        }

        public static string Word(int rank) => string.Create(CultureInfo.InvariantCulture, $"word{rank}");

        public string Next()
        {
            var place = Array.BinarySearch(_upTo, _random.NextDouble() * _upTo[^1]);
            return Word(Math.Min(place < 0 ? ~place : place, _upTo.Length - 1) + 1);
        }
    }
}
