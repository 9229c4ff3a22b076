using System.Diagnostics;
using System.Globalization;
using System.Text;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>What a person waits for who opens a client of sliding sync: the first window of a long room list, cold; the rest of the list; and one new message.</summary>
internal static class SlidingFigures
{
    private const int UsersEach = 4;
    private const double ColdMillisecondsAim = 100;

    /// <summary>What the room list of Element X asks for.</summary>
    private const string State = """
        [["m.room.name",""],["m.room.encryption",""],["m.room.member","$LAZY"],["m.room.member","$ME"],["m.room.topic",""],["m.room.avatar",""],
        ["m.room.canonical_alias",""],["m.room.power_levels",""],["m.room.join_rules",""],["m.room.history_visibility",""],["m.room.create",""],
        ["m.room.tombstone",""],["m.space.child","*"],["m.space.parent","*"],["org.matrix.msc3401.call.member","*"],["io.element.functional_members",""]]
        """;

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        var rooms = benchmark.Options.Quick ? 500 : 2000;
        await using var server = await benchmark.NewServer(database);
        using var setup = new Setup(server);
        Report.Progress($"making {rooms} rooms");
        var helper = (await setup.Users("helper", 1))[0];
        var users = await setup.Users("many", UsersEach);
        var ids = await setup.Rooms(users[0], "many", rooms);
        await setup.Join(users.Skip(1).Append(helper).SelectMany(user => ids.Select(room => (user, room))));
        using var sender = new Sender(server, helper, new MessageNumbers());
        foreach (var room in ids)
        {
            await sender.Send(room);
        }

        await server.Stop();
        await server.StartAgain();
        sender.Reconnect();
        using var clients = new Clients(server, users);
        Report.Progress("cold");
        var first = await clients.All(19, fresh: true);
        var warm = await clients.All(19, fresh: true);
        var whole = await clients.All(rooms - 1, fresh: false);
        var live = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            await sender.Send(ids[i]);
            live.AddRange(await clients.All(rooms - 1, fresh: false));
        }

        benchmark.Report.Table(
            $"Sliding sync on {database.Name}",
            Text.Of($"{UsersEach} users in {rooms} rooms; a list of all rooms but spaces by their activity, with one event, the state and the extensions that the room list of Element X asks for; from request to the end of the answer, one request at a time."),
            [
                new Figure("first window of 20 rooms, the first request of all after a restart", Text.Of($"{new Latencies(first.Take(1)).P50:0} ms")),
                Aimed("first window of 20 rooms, grain not active (process warm)", new Latencies(first.Skip(1))),
                Aimed("first window of 20 rooms, grain active, new connection", new Latencies(warm)),
                new Figure($"the other {rooms - 20} rooms in one answer", Text.Of($"{new Latencies(whole).P50:0} ms; {clients.LargestAnswer / 1e6:0.0} MB")),
                new Figure($"one new message, all {rooms} rooms in the window", Text.Of($"{new Latencies(live).P50:0.0} ms (longest {new Latencies(live).Max:0.0} ms)")),
            ]);
    }

    private static Figure Aimed(string name, Latencies times) =>
        new(name, Text.Of($"{times.P50:0} ms (longest {times.Max:0} ms)"), Text.Of($"< {ColdMillisecondsAim:0} ms"), times.P50 < ColdMillisecondsAim);

    private sealed class Clients(HomeserverProcess server, User[] users) : IDisposable
    {
        private readonly HttpConnection[] _connections = [.. users.Select(user => new HttpConnection(server.Address, user.From))];
        private readonly string?[] _positions = new string?[users.Length];

        public int LargestAnswer { get; private set; }

        /// <summary>One request of each user in turn.</summary>
        /// <param name="fresh">On a new connection.</param>
        public async Task<long[]> All(int to, bool fresh)
        {
            var taken = new long[users.Length];
            for (var i = 0; i < users.Length; i++)
            {
                var pos = fresh ? "" : "&pos=" + Uri.EscapeDataString(_positions[i]!);
                var request = Requests.Post("/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0" + pos, users[i].Token, Body(to));
                var started = Stopwatch.GetTimestamp();
                var status = await _connections[i].Exchange(request);
                taken[i] = Stopwatch.GetTimestamp() - started;
                if (status != 200 || _connections[i].Body.IndexOf("\"timeline\""u8) < 0)
                {
                    throw new InvalidDataException($"A sliding sync answered {status}: {Encoding.UTF8.GetString(_connections[i].Body)}");
                }

                _positions[i] = Encoding.UTF8.GetString(JsonText.After(_connections[i].Body, "\"pos\":\""u8));
                LargestAnswer = Math.Max(LargestAnswer, _connections[i].Body.Length);
            }

            return taken;
        }

        public void Dispose()
        {
            foreach (var connection in _connections)
            {
                connection.Dispose();
            }
        }

        private static string Body(int to) => string.Create(CultureInfo.InvariantCulture, $$"""
            {"conn_id":"room-list","lists":{"all_rooms":{"ranges":[[0,{{to}}]],"timeline_limit":1,"required_state":{{State}},"filters":{"not_room_types":["m.space"]} } },
            "extensions":{"account_data":{"enabled":true},"receipts":{"enabled":true},"typing":{"enabled":true},"e2ee":{"enabled":true},"to_device":{"enabled":true} } }
            """);
    }
}
