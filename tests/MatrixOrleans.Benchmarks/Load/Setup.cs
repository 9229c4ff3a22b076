using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using MatrixOrleans.Benchmarks.Http;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>Makes users and rooms, many at a time.</summary>
internal sealed class Setup(HomeserverProcess server) : IDisposable
{
    private const int Concurrency = 32;

    private readonly ConcurrentBag<HttpConnection> _connections = [];
    private int _users;

    /// <summary>Registers users, each from an address of its own.</summary>
    public async Task<User[]> Users(string name, int count)
    {
        var users = new User[count];
        await ForEach(Enumerable.Range(0, count), async i =>
        {
            var number = Interlocked.Increment(ref _users);
            var from = new IPAddress([127, (byte)(1 + (number / 60_000)), (byte)(number % 60_000 / 250), (byte)(1 + (number % 250))]);
            using var connection = new HttpConnection(server.Address, from);
            var body = string.Create(CultureInfo.InvariantCulture, $$"""{"username":"{{name}}{{i}}","password":"correct horse battery {{i}}","auth":{"type":"m.login.dummy"} }""");
            var answer = await Call(connection, Requests.Post("/_matrix/client/v3/register", null, body));
            users[i] = new User(JsonText.Member(answer, "user_id"), JsonText.Member(answer, "access_token"), from);
        });
        return users;
    }

    /// <summary>Creates a public room with power levels in which some users are more than members.</summary>
    public async Task<string> Room(User creator, string name, params IEnumerable<User> moderators)
    {
        var levels = string.Join(',', moderators.Select(m => $"\"{m.Id}\":50"));
        var body = $$"""{"preset":"public_chat","name":"{{name}}","power_level_content_override":{"users":{ {{levels}} } } }""";
        return JsonText.Member(await Call(Requests.Post("/_matrix/client/v3/createRoom", creator.Token, body)), "room_id");
    }

    public async Task<string[]> Rooms(User creator, string name, int count, params IReadOnlyList<User> moderators)
    {
        var rooms = new string[count];
        await ForEach(Enumerable.Range(0, count), async i =>
            rooms[i] = await Room(creator, string.Create(CultureInfo.InvariantCulture, $"{name} {i}"), moderators));
        return rooms;
    }

    public Task Join(IEnumerable<(User User, string Room)> joins) =>
        ForEach(joins, join => Call(Requests.Post($"/_matrix/client/v3/join/{Uri.EscapeDataString(join.Room)}", join.User.Token, "{}")));

    /// <summary>The answer of a request that must succeed; asked for too much, it waits as long as it is told.</summary>
    public async Task<byte[]> Call(byte[] request)
    {
        if (!_connections.TryTake(out var connection))
        {
            connection = new HttpConnection(server.Address);
        }

        byte[] answer;
        try
        {
            answer = await Call(connection, request);
        }
        catch (IOException)
        {
            // The server was restarted since; the connection opens itself anew.
            answer = await Call(connection, request);
        }

        _connections.Add(connection);
        return answer;
    }

    /// <summary>Does something for each, several at a time.</summary>
    public static Task ForEach<T>(IEnumerable<T> items, Func<T, Task> action) =>
        Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (item, _) => await action(item));

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private static async Task<byte[]> Call(HttpConnection connection, byte[] request)
    {
        const int attemptsMax = 50;
        for (var attempt = 1; ; attempt++)
        {
            var status = await connection.Exchange(request);
            if (status == 200)
            {
                return connection.Body.ToArray();
            }

            if (status != 429 || attempt == attemptsMax)
            {
                var line = Encoding.UTF8.GetString(request.AsSpan(0, request.AsSpan().IndexOf((byte)'\r')));
                throw new InvalidDataException($"{line} answered {status}: {Encoding.UTF8.GetString(connection.Body)}");
            }

            await Task.Delay(100);
        }
    }
}
