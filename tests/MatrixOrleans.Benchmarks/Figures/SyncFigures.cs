using System.Diagnostics;
using System.Text;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Incremental syncs of users in many rooms and in few, in every state that the server may be in, and the first sync of all.</summary>
internal static class SyncFigures
{
    private const int FewRooms = 10;
    private const int UsersEach = 4;
    private const double WarmTimesAim = 2;
    private const double ColdTimesAim = 3;
    private const double ColdMillisecondsAim = 100;

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        var options = benchmark.Options;
        await using var server = await benchmark.NewServer(database);
        using var setup = new Setup(server);
        var manyRooms = options.Quick ? 500 : 2000;
        var firstSyncRooms = options.Quick ? 200 : 500;
        var passing = options.Quick ? 2000 : 20_000;

        Report.Progress($"making {manyRooms} rooms");
        var helper = (await setup.Users("helper", 1))[0];
        var many = await Crowd.Create(server, setup, helper, "many", manyRooms);
        var few = await Crowd.Create(server, setup, helper, "few", FewRooms);
        var numbers = new MessageNumbers();
        using var sender = new Sender(server, helper, numbers);
        await many.Sync();
        await few.Sync();
        var dayOldMany = many.Tokens();
        var dayOldFew = few.Tokens();
        List<Figure> figures = [];

        Report.Progress("warm");
        var rounds = options.Quick ? 20 : 60;
        for (var i = 0; i < rounds; i++)
        {
            await sender.Send(many.ChangingRoom);
            await sender.Send(few.ChangingRoom);
            await many.Sync(measured: i >= rounds / 4);
            await few.Sync(measured: i >= rounds / 4);
        }

        figures.Add(Compare("warm", many.Taken(), few.Taken(), WarmTimesAim, null));

        Report.Progress("after a restart");
        await sender.Send(many.ChangingRoom);
        await sender.Send(few.ChangingRoom);
        await Restart();
        await few.SyncOne(0, measured: true);
        await Restart();
        await many.SyncOne(0, measured: true);
        figures.Add(Compare("the first request of all after a restart", many.Taken(), few.Taken(), ColdTimesAim, ColdMillisecondsAim));

        // The process has answered before, and these users' grains have not been active since it started: what deactivated grains cost.
        for (var i = 1; i < UsersEach; i++)
        {
            await few.SyncOne(i, measured: true);
            await many.SyncOne(i, measured: true);
        }

        figures.Add(Compare("grains not active (process warm, restarted since the token)", many.Taken(), few.Taken(), ColdTimesAim, ColdMillisecondsAim));

        Report.Progress($"{passing} events go by");
        await Pass(server, setup, numbers, passing);
        await sender.Send(many.ChangingRoom);
        await sender.Send(few.ChangingRoom);
        await Restart();
        await few.SyncOne(0);
        await many.SyncOne(0);
        for (var i = 1; i < UsersEach; i++)
        {
            few.Since(i, dayOldFew[i]);
            many.Since(i, dayOldMany[i]);
            await few.SyncOne(i, measured: true);
            await many.SyncOne(i, measured: true);
        }

        figures.Add(Compare($"token older than the tail ({passing} events, then a restart), grains not active", many.Taken(), few.Taken(), ColdTimesAim, ColdMillisecondsAim));
        for (var i = 1; i < UsersEach; i++)
        {
            few.Since(i, dayOldFew[i]);
            many.Since(i, dayOldMany[i]);
            await few.SyncOne(i, measured: true);
            await many.SyncOne(i, measured: true);
        }

        figures.Add(Compare("the same token again, grains active", many.Taken(), few.Taken(), ColdTimesAim, ColdMillisecondsAim));

        Report.Progress("the first sync");
        figures.AddRange(await FirstSync(server, setup, firstSyncRooms));
        benchmark.Report.Table(
            $"Sync on {database.Name}",
            Text.Of($"{UsersEach} users in {manyRooms} rooms and {UsersEach} in {FewRooms}, one room changed since the token; medians, from request to the end of the answer, one request at a time, lazy-loaded members. The events are checked to be in the answers."),
            figures);

        async Task Restart()
        {
            await server.Stop();
            await server.StartAgain();
            sender.Reconnect();
            many.Reconnect();
            few.Reconnect();
        }
    }

    private static Figure Compare(string name, Latencies many, Latencies few, double timesAim, double? millisecondsAim) => new(
        "incremental, " + name,
        Text.Of($"{many.P50:0.0} ms against {few.P50:0.0} ms ({many.P50 / few.P50:0.0} times; longest {many.Max:0.0} against {few.Max:0.0} ms)"),
        Text.Of($"<= {timesAim:0} times") + (millisecondsAim is null ? "" : Text.Of($", < {millisecondsAim:0} ms")),
        many.P50 <= timesAim * few.P50 && many.P50 < (millisecondsAim ?? double.MaxValue));

    /// <summary>Others talk in rooms of their own.</summary>
    private static async Task Pass(HomeserverProcess server, Setup setup, MessageNumbers numbers, int count)
    {
        var users = await setup.Users("other", 16);
        var senders = users.Select(user => new Sender(server, user, numbers)).ToArray();
        var rooms = await Task.WhenAll(users.Select(user => setup.Room(user, "Elsewhere")));
        await Task.WhenAll(senders.Select(async (sender, i) =>
        {
            for (var n = 0; n < count / senders.Length; n++)
            {
                await sender.Send(rooms[i]);
            }

            sender.Dispose();
        }));
    }

    private static async Task<List<Figure>> FirstSync(HomeserverProcess server, Setup setup, int rooms)
    {
        var user = (await setup.Users("newcomer", 1))[0];
        await setup.Rooms(user, "Own", rooms);
        await server.Stop();
        await server.StartAgain();
        using var client = new SyncClient(server, user);
        var times = new List<long>();
        for (var i = 0; i < 6; i++)
        {
            client.Since = null;
            times.Add(await client.Sync());
        }

        return
        [
            new Figure(
                $"initial sync of a user in {rooms} rooms",
                Text.Of($"{new Latencies(times.Skip(1)).P50:0} ms warm, {new Latencies(times.Take(1)).P50:0} ms as the first request after a restart; {client.AnswerBytes / 1e6:0.0} MB")),
        ];
    }

    /// <summary>Users who are all in the same rooms, of which one changes.</summary>
    private sealed class Crowd(SyncClient[] clients, string changingRoom)
    {
        private readonly List<long> _taken = [];

        public string ChangingRoom { get; } = changingRoom;

        public static async Task<Crowd> Create(HomeserverProcess server, Setup setup, User helper, string name, int roomCount)
        {
            var users = await setup.Users(name, UsersEach);
            var rooms = await setup.Rooms(users[0], name, roomCount);
            await setup.Join(users.Skip(1).SelectMany(user => rooms.Select(room => (user, room))));
            await setup.Join([(helper, rooms[roomCount / 2])]);
            return new Crowd([.. users.Select(user => new SyncClient(server, user))], rooms[roomCount / 2]);
        }

        public string?[] Tokens() => [.. clients.Select(c => c.Since)];

        public void Reconnect()
        {
            foreach (var client in clients)
            {
                client.Reconnect();
            }
        }

        public void Since(int user, string? token) => clients[user].Since = token;

        public async Task Sync(bool measured = false)
        {
            for (var i = 0; i < clients.Length; i++)
            {
                await SyncOne(i, measured);
            }
        }

        public async Task SyncOne(int user, bool measured = false)
        {
            var expectsEvent = clients[user].Since is not null;
            var ticks = await clients[user].Sync();
            if (expectsEvent && !clients[user].HadMessage)
            {
                throw new InvalidDataException("An incremental sync did not have the new event.");
            }

            if (measured)
            {
                _taken.Add(ticks);
            }
        }

        /// <summary>What was measured since this was last asked.</summary>
        public Latencies Taken()
        {
            var latencies = new Latencies(_taken);
            _taken.Clear();
            return latencies;
        }
    }

    /// <summary>One user's syncs, each told from where.</summary>
    private sealed class SyncClient(HomeserverProcess server, User user) : IDisposable
    {
        private static readonly string Filter = Uri.EscapeDataString("""{"room":{"state":{"lazy_load_members":true}}}""");

        private readonly HttpConnection _connection = new(server.Address, user.From);

        public string? Since { get; set; }

        public bool HadMessage { get; private set; }

        public int AnswerBytes { get; private set; }

        /// <returns>Time taken, in <see cref="Stopwatch"/> ticks.</returns>
        public async Task<long> Sync()
        {
            var request = Requests.Get($"/_matrix/client/v3/sync?timeout=0&filter={Filter}{(Since is null ? "" : "&since=" + Uri.EscapeDataString(Since))}", user.Token);
            var started = Stopwatch.GetTimestamp();
            var status = await _connection.Exchange(request);
            var taken = Stopwatch.GetTimestamp() - started;
            if (status != 200)
            {
                throw new InvalidDataException($"GET /sync answered {status}: {Encoding.UTF8.GetString(_connection.Body)}");
            }

            Since = Encoding.UTF8.GetString(JsonText.After(_connection.Body, "\"next_batch\":\""u8));
            HadMessage = _connection.Body.IndexOf("\"body\":\"#"u8) >= 0;
            AnswerBytes = _connection.Body.Length;
            return taken;
        }

        public void Reconnect() => _connection.Reset();

        public void Dispose() => _connection.Dispose();
    }
}
