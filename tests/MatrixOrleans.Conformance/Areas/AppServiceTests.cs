using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Application services: their users, what they are told, and what they are asked.</summary>
public abstract class AppServiceTests(bool onPostgres) : IAsyncLifetime
{
    private PostgresDatabase? _database;

    private readonly FakeAppService _service = new("""
        receive_ephemeral: true
        org.matrix.msc3202: true
        """);

    private ServerProcess _server = null!;
    private TestScope _scope = null!;

    private TestClient Bot => _bot ??= With(_service.AsToken);

    private TestClient? _bot;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _database = onPostgres ? await PostgresDatabase.CreateAsync() : null;
        _server = await ServerProcess.StartAsync(new ServerOptions
        {
            Database = _database is null ? null : $"postgres:{_database.ConnectionString}",
            More = ["--app-services", _service.RegistrationFile],
        });
        _scope = new TestScope(_server.BaseAddress, "localhost");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _service.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        if (_scope is null)
        {
            return;
        }

        Assert.True(_scope.Violations.Count == 0, "Against the specification's OpenAPI files:\n" + string.Join('\n', _scope.Violations.Distinct()));
    }

    [Fact]
    public async Task Users_are_registered_and_acted_as()
    {
        string puppet = await Register("anna");
        Assert.Equal($"@_{_service.Id}_anna:localhost", puppet);
        (await Bot.Post($"/v3/register", new { type = "m.login.application_service", username = $"_{_service.Id}_anna" })).Fails(400, "M_USER_IN_USE");
        (await Bot.Post($"/v3/register", new { type = "m.login.application_service", username = "somebody" })).Fails(400, "M_EXCLUSIVE");
        (await Unchecked("nonsense").Post($"/v3/register", new { type = "m.login.application_service", username = $"_{_service.Id}_x" })).Fails(401, "M_UNKNOWN_TOKEN");
        (await Unchecked("").Post($"/v3/register", new { type = "m.login.application_service", username = $"_{_service.Id}_x" })).Fails(401, "M_MISSING_TOKEN");

        Assert.Equal($"@{_service.Id}:localhost", (await Bot.Get($"/v3/account/whoami")).Ok().Str("user_id"));
        Assert.Equal(puppet, (await Bot.Get($"/v3/account/whoami?user_id={puppet}")).Ok().Str("user_id"));
        (await Bot.Get($"/v3/account/whoami?user_id={"@somebody:localhost"}")).Fails(403, "M_FORBIDDEN");
        (await Bot.Get($"/v3/account/whoami?user_id={$"@_{_service.Id}_nobody:localhost"}")).Fails(403, "M_FORBIDDEN");

        // A name of the namespace is nobody else's.
        (await _scope.Anonymous().Get($"/v3/register/available?username={$"_{_service.Id}_free"}")).Fails(400, "M_EXCLUSIVE");
        (await _scope.Anonymous().Post($"/v3/register", new { username = $"_{_service.Id}_free", password = "secret secret" })).Fails(400, "M_EXCLUSIVE");
    }

    [Fact]
    public async Task Sessions_and_devices_need_no_password()
    {
        string puppet = await Register("ben");
        TestClient session = _scope.Anonymous().Became((await Bot.Post($"/v3/login", new
        {
            type = "m.login.application_service",
            identifier = new { type = "m.id.user", user = puppet },
            device_id = "PHONE",
        })).Ok());
        Assert.Equal(puppet, (await session.Get($"/v3/account/whoami")).Ok().Str("user_id"));
        (await Bot.Post($"/v3/login", new { type = "m.login.application_service", identifier = new { type = "m.id.user", user = "somebody" } })).Fails(400, "M_EXCLUSIVE");
        (await session.Another().Post($"/v3/login", new { type = "m.login.application_service", identifier = new { type = "m.id.user", user = puppet } })).Fails(401, "M_MISSING_TOKEN");

        (await Bot.Get($"/v3/account/whoami?user_id={puppet}&device_id=TABLET")).Fails(400, "M_UNKNOWN_DEVICE");
        Assert.Equal(201, (await Bot.Put($"/v3/devices/TABLET?user_id={puppet}", new { display_name = "Tablet" })).Status);
        Assert.Equal(200, (await Bot.Put($"/v3/devices/TABLET?user_id={puppet}", new { display_name = "Big tablet" })).Status);
        Assert.Equal("TABLET", (await Bot.Get($"/v3/account/whoami?user_id={puppet}&device_id=TABLET")).Ok().Str("device_id"));
        Assert.Equal("TABLET", (await Bot.Get($"/v3/account/whoami?user_id={puppet}&org.matrix.msc3202.device_id=TABLET")).Ok().Str("device_id"));
        (await session.Put($"/v3/devices/OTHER", new { display_name = "x" })).Fails(404, "M_NOT_FOUND");
        (await Bot.Delete($"/v3/devices/TABLET?user_id={puppet}")).Ok();
        (await Bot.Get($"/v3/account/whoami?user_id={puppet}&device_id=TABLET")).Fails(400, "M_UNKNOWN_DEVICE");
        (await Bot.Post($"/v3/delete_devices?user_id={puppet}", new { devices = new[] { "PHONE" } })).Ok();
        (await session.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task It_ends_accounts_of_its_users_and_gives_its_aliases_to_any_room()
    {
        string puppet = await Register("zoe");
        (await Bot.Post($"/v3/account/deactivate?user_id={puppet}", new { })).Ok();
        (await Bot.Get($"/v3/account/whoami?user_id={puppet}")).Fails(403, "M_FORBIDDEN");

        TestClient alice = await _scope.User();
        string room = await alice.CreateRoom();
        string alias = $"#_{_service.Id}_given:localhost";
        (await Bot.Put($"/v3/directory/room/{alias}", new { room_id = room })).Ok();
        Assert.Equal(room, (await alice.Get($"/v3/directory/room/{alias}")).Ok().Str("room_id"));
        (await Bot.Put($"/v3/directory/room/{"#elsewhere:localhost"}", new { room_id = room })).Fails(400, "M_EXCLUSIVE");
    }

    [Fact]
    public async Task Events_of_rooms_with_its_users_are_told_in_order()
    {
        TestClient alice = await _scope.User("alice");
        string puppet = await Register("carl");
        string room = await alice.CreatePublicRoom();
        await alice.Say(room, "before");
        (await Bot.Post($"/v3/join/{room}?user_id={puppet}")).Ok();
        List<string> expected = [];
        for (int i = 0; i < 20; i++)
        {
            expected.Add(await alice.Say(room, $"message {i}"));
        }

        JsonElement joined = await _service.Next(e => e.GetProperty("type").GetString() == "m.room.member" && e.GetProperty("state_key").GetString() == puppet);
        Assert.Equal("join", joined.Str("content", "membership"));
        Assert.Equal(room, joined.Str("room_id"));
        foreach (string id in expected)
        {
            JsonElement told = await _service.Next(_ => true);
            Assert.Equal(id, told.Str("event_id"));
            Assert.Equal(alice.UserId, told.Str("sender"));
            Assert.True(told.Has("unsigned", "age"));
        }

        // A room that it has nothing to do with is not told; an invite of one of its users is.
        string other = await alice.CreateRoom();
        await alice.Say(other, "secret");
        (await alice.Post($"/v3/rooms/{other}/invite", new { user_id = puppet })).Ok();
        JsonElement invite = await _service.Next(_ => true);
        Assert.Equal("invite", invite.Str("content", "membership"));
        Assert.Equal(other, invite.Str("room_id"));
        Assert.Equal(0, _service.Unauthorized);
    }

    [Fact]
    public async Task A_time_of_its_own_stands_in_the_event()
    {
        string puppet = await Register("dora");
        string room = (await Bot.Post($"/v3/createRoom?user_id={puppet}", new { preset = "public_chat" })).Ok().Str("room_id");
        string id = (await Bot.Put($"/v3/rooms/{room}/send/m.room.message/t1?user_id={puppet}&ts=1234567890", new { msgtype = "m.text", body = "old" })).Ok().Str("event_id");
        string state = (await Bot.Put($"/v3/rooms/{room}/state/m.room.topic/?user_id={puppet}&ts=1234567891", new { topic = "old" })).Ok().Str("event_id");
        Assert.Equal(1234567890, (await Bot.Get($"/v3/rooms/{room}/event/{id}?user_id={puppet}")).Ok().Int("origin_server_ts"));
        Assert.Equal(1234567891, (await Bot.Get($"/v3/rooms/{room}/event/{state}?user_id={puppet}")).Ok().Int("origin_server_ts"));
        (await Bot.Put($"/v3/rooms/{room}/send/m.room.message/t2?user_id={puppet}&ts=never", new { msgtype = "m.text", body = "x" })).Fails(400, "M_INVALID_PARAM");
        TestClient alice = await _scope.User();
        await alice.Join(room);
        string now = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/t3?ts=1", new { msgtype = "m.text", body = "now" })).Ok().Str("event_id");
        Assert.True((await alice.Event(room, now)).Int("origin_server_ts") > 1_600_000_000_000);
    }

    [Fact]
    public async Task A_transaction_that_was_not_taken_comes_again_as_it_was_also_after_a_restart()
    {
        TestClient alice = await _scope.User("alice");
        string puppet = await Register("emil");
        string room = await alice.CreatePublicRoom();
        (await Bot.Post($"/v3/join/{room}?user_id={puppet}")).Ok();
        await _service.Next(e => e.GetProperty("type").GetString() == "m.room.member");
        _service.TransactionStatus = () => 500;
        string one = await alice.Say(room, "one");
        while (!_service.Tries.Any(t => t.Body.Contains(one, StringComparison.Ordinal)))
        {
            await Task.Delay(10);
        }

        string two = await alice.Say(room, "two");
        await _server.KillAsync();
        await _server.StartAgainAsync();
        _service.TransactionStatus = () => 200;
        Assert.Equal(one, (await _service.Next(_ => true)).Str("event_id"));
        Assert.Equal(two, (await _service.Next(_ => true)).Str("event_id"));
        var tries = _service.Tries.Where(t => t.Body.Contains(one, StringComparison.Ordinal)).ToList();
        Assert.True(tries.Count > 1);
        Assert.Single(tries.Distinct());
        await _service.Silence();
        string three = await alice.Say(room, "three");
        await Task.Delay(200);
        _service.Listen();
        Assert.Equal(three, (await _service.Next(_ => true)).Str("event_id"));
    }

    [Fact]
    public async Task Typing_receipts_messages_to_devices_and_device_lists_are_told()
    {
        TestClient alice = await _scope.User("alice");
        string puppet = await Register("fritz");
        Assert.Equal(201, (await Bot.Put($"/v3/devices/BOX?user_id={puppet}", new { display_name = "Box" })).Status);
        string room = await alice.CreatePublicRoom();
        (await Bot.Post($"/v3/join/{room}?user_id={puppet}")).Ok();
        string said = await alice.Say(room, "hello");
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = true, timeout = 30000 })).Ok();
        JsonElement typing = (await _service.NextTransaction(t => Ephemeral(t, "m.typing"))).List("ephemeral").OfType("m.typing");
        Assert.Equal(room, typing.Str("room_id"));
        Assert.Equal(alice.UserId, typing.Str("content", "user_ids", 0));

        (await alice.Post($"/v3/rooms/{room}/receipt/m.read.private/{said}")).Ok();
        (await Bot.Post($"/v3/rooms/{room}/receipt/m.read/{said}?user_id={puppet}")).Ok();
        JsonElement receipts = await _service.NextTransaction(t => Ephemeral(t, "m.receipt"));
        Assert.True(receipts.List("ephemeral").OfType("m.receipt").At("content", said, "m.read").Has(puppet));
        Assert.False(receipts.GetRawText().Contains("m.read.private", StringComparison.Ordinal));

        (await alice.Put($"/v3/sendToDevice/org.example.message/t1", new
        {
            messages = new Dictionary<string, object> { [puppet] = new Dictionary<string, object> { ["BOX"] = new { hello = "box" } } },
        })).Ok();
        JsonElement toDevice = await _service.NextTransaction(t => t.Has("to_device"));
        JsonElement message = Assert.Single(toDevice.List("to_device"));
        Assert.Equal("org.example.message", message.Str("type"));
        Assert.Equal(alice.UserId, message.Str("sender"));
        Assert.Equal(puppet, message.Str("to_user_id"));
        Assert.Equal("BOX", message.Str("to_device_id"));
        Assert.Equal("box", message.Str("content", "hello"));
        Assert.Equal(0, toDevice.Int("org.matrix.msc3202.device_one_time_keys_count", puppet, "BOX", "signed_curve25519"));

        (await alice.Put($"/v3/devices/{alice.DeviceId}", new { display_name = "Another name" })).Ok();
        JsonElement lists = await _service.NextTransaction(t => t.Has("org.matrix.msc3202.device_lists") && t.GetRawText().Contains(alice.UserId, StringComparison.Ordinal));
        Assert.Contains(alice.UserId, lists.List("org.matrix.msc3202.device_lists", "changed").Select(user => user.GetString()));

        static bool Ephemeral(JsonElement transaction, string type) => transaction.List("ephemeral").Any(e => e.Str("type") == type);
    }

    [Fact]
    public async Task Aliases_and_users_that_do_not_exist_are_asked_for()
    {
        TestClient alice = await _scope.User("alice");
        string alias = $"#_{_service.Id}_channel:localhost";
        (await alice.Put($"/v3/directory/room/{alias}", new { room_id = await alice.CreateRoom() })).Fails(400, "M_EXCLUSIVE");
        (await alice.Post($"/v3/createRoom", new { room_alias_name = $"_{_service.Id}_channel" })).Fails(400, "M_EXCLUSIVE");
        (await Bot.Post($"/v3/createRoom", new { room_alias_name = "outside" })).Fails(400, "M_EXCLUSIVE");
        (await alice.Get($"/v3/directory/room/{alias}")).Fails(404, "M_NOT_FOUND");
        List<string> asked = [];
        _service.Answer = async (method, path) =>
        {
            asked.Add($"{method} {Uri.UnescapeDataString(path)}");
            if (path.StartsWith("/_matrix/app/v1/rooms/", StringComparison.Ordinal))
            {
                (await Bot.Post($"/v3/createRoom", new { preset = "public_chat", room_alias_name = $"_{_service.Id}_channel" })).Ok();
                return (200, "{}");
            }

            await Register("gerda");
            (await Bot.Put($"/v3/profile/{$"@_{_service.Id}_gerda:localhost"}/displayname?user_id={$"@_{_service.Id}_gerda:localhost"}", new { displayname = "Gerda" })).Ok();
            return (200, "{}");
        };
        string room = await alice.Join(alias);
        Assert.Equal(room, (await alice.Get($"/v3/directory/room/{alias}")).Ok().Str("room_id"));
        Assert.Equal("Gerda", (await alice.Get($"/v3/profile/{$"@_{_service.Id}_gerda:localhost"}")).Ok().Str("displayname"));
        (await Bot.Post($"/v3/rooms/{room}/invite", new { user_id = $"@_{_service.Id}_gerda:localhost" })).Ok();
        Assert.Equal([$"GET /_matrix/app/v1/rooms/{alias}", $"GET /_matrix/app/v1/users/@_{_service.Id}_gerda:localhost"], asked);
        (await alice.Delete($"/v3/directory/room/{alias}")).Fails(400, "M_EXCLUSIVE");
        (await Bot.Delete($"/v3/directory/room/{alias}")).Ok();
    }

    [Fact]
    public async Task A_ping_says_whether_it_can_be_reached()
    {
        string? body = null;
        _service.Answer = (method, path) =>
        {
            body = $"{method} {path}";
            return Task.FromResult((200, "{}"));
        };
        Assert.True((await Bot.Post($"/v1/appservice/{_service.Id}/ping", new { transaction_id = "meow" })).Ok().Int("duration_ms") >= 0);
        Assert.Equal("POST /_matrix/app/v1/ping", body);
        _service.Answer = (_, _) => Task.FromResult((401, "no"));
        JsonElement bad = (await Unchecked(_service.AsToken).Post($"/v1/appservice/{_service.Id}/ping")).Fails(502, "M_BAD_STATUS");
        Assert.Equal(401, bad.Int("status"));
        Assert.Equal("no", bad.Str("body"));
        await _service.Silence();
        (await Unchecked(_service.AsToken).Post($"/v1/appservice/{_service.Id}/ping")).Fails(502, "M_CONNECTION_FAILED");
        _service.Listen();
        (await Bot.Post($"/v1/appservice/other/ping")).Fails(403, "M_FORBIDDEN");
        (await (await _scope.User()).Post($"/v1/appservice/{_service.Id}/ping")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Third_party_networks_are_looked_up_and_have_directories_of_their_own()
    {
        TestClient alice = await _scope.User("alice");
        string protocol = "net" + _service.Id;
        string? asked = null;
        _service.Answer = (_, path) =>
        {
            asked = path;
            return Task.FromResult(path switch
            {
                _ when path.EndsWith("/thirdparty/protocol/" + protocol, StringComparison.Ordinal) => (200, """
                    {"user_fields":["nick"],"location_fields":["channel"],"icon":"mxc://x/y","field_types":{"nick":{"regexp":"n","placeholder":"p"},"channel":{"regexp":"c","placeholder":"p"}},
                    "instances":[{"desc":"One","fields":{},"network_id":"one"}]}
                    """),
                _ when path.Contains("/thirdparty/location", StringComparison.Ordinal) => (200, JsonSerializer.Serialize(new[] { new { alias = "#a:b", protocol, fields = new { channel = "x" } } })),
                _ when path.Contains("/thirdparty/user", StringComparison.Ordinal) => (200, JsonSerializer.Serialize(new[] { new { userid = "@a:b", protocol, fields = new { nick = "x" } } })),
                _ => (404, """{"errcode":"M_NOT_FOUND"}"""),
            });
        };
        JsonElement protocols = (await alice.Get($"/v3/thirdparty/protocols")).Ok();
        string instance = protocols.Str(protocol, "instances", 0, "instance_id");
        Assert.Equal("one", (await alice.Get($"/v3/thirdparty/protocol/{protocol}")).Ok().Str("instances", 0, "network_id"));
        (await alice.Get($"/v3/thirdparty/protocol/nothing")).Fails(404, "M_NOT_FOUND");
        Assert.Equal("#a:b", (await alice.Get($"/v3/thirdparty/location/{protocol}?channel=a%20b")).Ok()[0].Str("alias"));
        Assert.Equal($"/_matrix/app/v1/thirdparty/location/{protocol}?channel=a%20b", asked);
        Assert.Equal("@a:b", (await alice.Get($"/v3/thirdparty/user/{protocol}?nick=x")).Ok()[0].Str("userid"));
        Assert.Equal("#a:b", (await alice.Get($"/v3/thirdparty/location?alias={"#x:y"}")).Ok()[0].Str("alias"));
        Assert.Equal("@a:b", (await alice.Get($"/v3/thirdparty/user?userid={"@x:y"}")).Ok()[0].Str("userid"));
        Assert.Equal(0, (await alice.Get($"/v3/thirdparty/user/nothing")).Ok().GetArrayLength());

        string room = (await Bot.Post($"/v3/createRoom", new { preset = "public_chat", name = "Channel" })).Ok().Str("room_id");
        (await Bot.Put($"/v3/directory/list/appservice/one/{room}", new { visibility = "public" })).Ok();
        (await alice.Put($"/v3/directory/list/appservice/one/{room}", new { visibility = "public" })).Fails(403, "M_FORBIDDEN");
        (await Bot.Put($"/v3/directory/list/appservice/one/{room}", new { visibility = "hidden" })).Fails(400, "M_INVALID_PARAM");
        Assert.DoesNotContain(await Listed(new { }), id => id == room);
        Assert.Equal([room], await Listed(new { third_party_instance_id = instance }));
        Assert.Contains(await Listed(new { include_all_networks = true }), id => id == room);
        (await Bot.Put($"/v3/directory/list/appservice/one/{room}", new { visibility = "private" })).Ok();
        Assert.Empty(await Listed(new { third_party_instance_id = instance }));

        async Task<IEnumerable<string>> Listed(object query) =>
            (await alice.Post($"/v3/publicRooms", query)).Ok().List("chunk").Select(chunk => chunk.Str("room_id"));
    }

    /// <summary>A client whose answers are not those of the OpenAPI files: a 401 that asks for no stage, a 502 that is meant.</summary>
    private TestClient Unchecked(string token) => new(new TestScope(_server.BaseAddress, "localhost"), _server.BaseAddress, "localhost") { AccessToken = token };

    private TestClient With(string token)
    {
        TestClient client = _scope.Anonymous();
        client.AccessToken = token;
        return client;
    }

    private async Task<string> Register(string name) =>
        (await Bot.Post($"/v3/register", new { type = "m.login.application_service", username = $"_{_service.Id}_{name}", inhibit_login = true })).Ok().Str("user_id");
}

/// <inheritdoc/>
public sealed class AppServicesOnSqlite() : AppServiceTests(onPostgres: false);

/// <inheritdoc/>
public sealed class AppServicesOnPostgres() : AppServiceTests(onPostgres: true);
