using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Configuration;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Server.Hosting;

/// <summary>
/// What code does for the first time takes a hundred times as long as the second time, and the first request of a new process would pay for all of it.
/// So before the process says that it is ready, two users talk on a small homeserver beside it: own database in a temporary folder, own port on loopback,
/// gone afterwards. Nothing is written to the real one, which is only asked for what is not there.
/// </summary>
internal static partial class WarmUp
{
    private const int Rounds = 3;
    private const string Name = "warm-up.invalid";

    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>A failure costs the first users some time and nothing else.</summary>
    public static async Task Run(Database database, ILoggerFactory logs)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeMax);
            await Task.WhenAll(Talk(limit.Token), Ask(database));
        }
        catch (Exception error)
        {
            Failed(logs.CreateLogger(typeof(WarmUp)), error);
        }
    }

    /// <summary>The statements of a sync, a login and a send, for a user and a room that do not exist: plans are made and connections opened.</summary>
    private static async Task Ask(Database database)
    {
        var nobody = UserId.Parse("@nobody:" + Name);
        for (var i = 0; i < Rounds; i++)
        {
            await database.Memberships.AllOfUser(nobody);
            await database.Memberships.ChangesOfUser(nobody, 0, 1);
            await database.AccountData.All(nobody);
            await database.AccountData.Since(nobody, 0, 1);
            await database.OneTimeKeys.Counts(nobody, "");
            await database.DeviceLists.Changed(0, 1, 1);
            await database.Log.RoomsTouched([-1], 0, 1);
            await database.Receipts.Since(-1, 0, 1);
            await database.Receipts.OfUser(-1, nobody);
            await database.Rooms.Find(RoomId.Parse("!nothing:" + Name));
            await database.Rooms.TimelineSince(-1, 0, 1, 1);
            await database.Rooms.EventsByNids(-1, [-1]);
            await database.Rooms.Deltas(-1, 0, 1);
            await database.Accounts.List(nobody.ServerName, "", 1);
        }
    }

    private static async Task Talk(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("matrix-orleans-warm-up-").FullName;
        try
        {
            var (port, _) = FreePort.Two();
            var options = new HomeserverOptions
            {
                ServerName = Name,
                DataDir = folder,
                Listen = $"http://127.0.0.1:{port}",
                Registration = "open",
                RateLimit = "off",
                SqliteSynchronousFull = false,
                PasswordHashCheap = true,
                LogLevel = "Critical",
            };
            await using var server = await Homeserver.Start(options, new Readiness());
            using var http = new HttpClient { BaseAddress = new Uri(options.Listen) };
            await Conversation(http, cancel);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Conversation(HttpClient http, CancellationToken cancel)
    {
        var (alice, bob) = (await Register("alice"), await Register("bob"));
        var room = (await Call(alice, HttpMethod.Post, "createRoom", """{"preset":"public_chat","name":"Warm"}""")).GetProperty("room_id").GetString()!;
        var path = "rooms/" + Uri.EscapeDataString(room);
        await Call(bob, HttpMethod.Post, $"join/{Uri.EscapeDataString(room)}", "{}");
        var filter = Uri.EscapeDataString("""{"room":{"state":{"lazy_load_members":true}}}""");
        var first = (await Call(bob, HttpMethod.Get, "sync?timeout=0&filter=" + filter, null)).GetProperty("next_batch").GetString();
        for (var i = 0; i < Rounds; i++)
        {
            var sent = await Call(alice, HttpMethod.Put, $"{path}/send/m.room.message/{i}", """{"msgtype":"m.text","body":"Warm"}""");
            await Call(bob, HttpMethod.Get, $"sync?timeout=0&since={first}&filter={filter}", null);
            await Call(bob, HttpMethod.Get, "sync?timeout=0", null);
            await Call(bob, HttpMethod.Post, $"{path}/receipt/m.read/{Uri.EscapeDataString(sent.GetProperty("event_id").GetString()!)}", "{}");
            await Call(alice, HttpMethod.Get, path + "/messages?dir=b&limit=10", null);
            await Call(alice, HttpMethod.Get, path + "/members", null);
            await Call(null, HttpMethod.Get, "login", null);
            await Call(null, HttpMethod.Post, "login", """{"type":"m.login.password","identifier":{"type":"m.id.user","user":"alice"},"password":"warm warm warm"}""");
        }

        async Task<string> Register(string name) => (await Call(
            null,
            HttpMethod.Post,
            "register",
            $$"""{"username":"{{name}}","password":"warm warm warm","auth":{"type":"m.login.dummy"} }""")).GetProperty("access_token").GetString()!;

        async Task<JsonElement> Call(string? token, HttpMethod method, string operation, string? body)
        {
            using var request = new HttpRequestMessage(method, "/_matrix/client/v3/" + operation);
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request, cancel);
            response.EnsureSuccessStatusCode();
            return JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
        }
    }

    [LoggerMessage(LogLevel.Information, "The warm-up ended early; the first requests may take longer")]
    private static partial void Failed(ILogger log, Exception error);
}
