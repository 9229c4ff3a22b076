using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Federation;

/// <summary>What servers ask each other on behalf of users: profiles, aliases, directories, OpenID.</summary>
public abstract class QueryTests(SharedServer server) : FederatedTest(server)
{
    [Fact]
    public async Task Another_server_reads_profiles_and_aliases_of_ours()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "Alice" })).Ok();
        JsonElement profile = (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/query/profile?user_id={Uri.EscapeDataString(alice.UserId)}")).Ok();
        Assert.Equal("Alice", profile.Str("displayname"));
        JsonElement field = (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/query/profile?user_id={Uri.EscapeDataString(alice.UserId)}&field=displayname")).Ok();
        Assert.Equal(["displayname"], field.Keys());
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/query/profile")).Fails(400, "M_MISSING_PARAM");
        (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/query/profile?user_id={Uri.EscapeDataString(other.User("x").Value)}")).Fails(400, "M_INVALID_PARAM");
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/query/weather")).Fails(404, "M_UNRECOGNIZED");

        string name = "alias" + Guid.NewGuid().ToString("N");
        string room = await alice.CreateRoom(new { room_alias_name = name, preset = "public_chat", visibility = "public" });
        JsonElement target = (await other.Ask(HttpMethod.Get, $"/_matrix/federation/v1/query/directory?room_alias={Uri.EscapeDataString($"#{name}:localhost")}")).Ok();
        Assert.Equal(room, target.Str("room_id"));
        Assert.Contains("localhost", target.List("servers").Select(one => one.GetString()));
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/query/directory?room_alias=%23nowhere%3Alocalhost")).Fails(404, "M_NOT_FOUND");
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/query/directory?room_alias=nonsense")).Fails(400, "M_INVALID_PARAM");

        Assert.Contains(room, (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/publicRooms?limit=500")).Ok().List("chunk").Select(one => one.Str("room_id")));
        object search = new { limit = 10, filter = new { generic_search_term = name } };
        Assert.Equal([room], (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/publicRooms", search)).Ok().List("chunk").Select(one => one.Str("room_id")));
        (await other.Ask(HttpMethod.Get, "/_matrix/federation/v1/publicRooms?limit=x")).Fails(400, "M_INVALID_PARAM");
        (await other.Ask(HttpMethod.Post, "/_matrix/federation/v1/publicRooms", new { limit = "x" })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task Users_reach_profiles_aliases_and_directories_of_other_servers()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        other.Answer = asked => asked.Path switch
        {
            "/_matrix/federation/v1/query/profile" when asked.Target.Contains("bob", StringComparison.Ordinal) => (200, new { displayname = "Bob", avatar_url = 5 }),
            "/_matrix/federation/v1/query/directory" when asked.Target.Contains("%23here", StringComparison.Ordinal) => (200, new { room_id = "!far:away.example", servers = new object[] { other.Name.Value, "not a name!", 7 } }),
            "/_matrix/federation/v1/publicRooms" => (200, new { chunk = new object[] { Listed("!one:away.example"), new { junk = true }, 5 }, next_batch = "more", total_room_count_estimate = 9 }),
            _ => (404, new { errcode = "M_NOT_FOUND", error = "nothing" }),
        };
        JsonElement profile = (await alice.Get($"/v3/profile/{other.User("bob").Value}")).Ok();
        Assert.Equal("Bob", profile.Str("displayname"));
        Assert.False(profile.Has("avatar_url"));
        Assert.Equal("Bob", (await alice.Get($"/v3/profile/{other.User("bob").Value}/displayname")).Ok().Str("displayname"));
        (await alice.Get($"/v3/profile/{other.User("nobody").Value}")).Fails(404, "M_NOT_FOUND");
        (await alice.Another().Get($"/v3/profile/{other.User("bob").Value}")).Fails(401, "M_MISSING_TOKEN");

        JsonElement target = (await alice.Get($"/v3/directory/room/{$"#here:{other.Name}"}")).Ok();
        Assert.Equal("!far:away.example", target.Str("room_id"));
        Assert.Equal([other.Name.Value], target.List("servers").Select(one => one.GetString()));
        (await alice.Get($"/v3/directory/room/{$"#there:{other.Name}"}")).Fails(404, "M_NOT_FOUND");

        JsonElement page = (await alice.Get($"/v3/publicRooms?server={other.Name.Value}&limit=5&since=s")).Ok();
        Assert.Equal("!one:away.example", Assert.Single(page.List("chunk")).Str("room_id"));
        Assert.Equal("more", page.Str("next_batch"));
        Asked asked = await other.Next(one => one.Method == "GET" && one.Path.EndsWith("publicRooms", StringComparison.Ordinal));
        Assert.EndsWith("?limit=5&since=s", asked.Target, StringComparison.Ordinal);
        (await alice.Post($"/v3/publicRooms?server={other.Name.Value}", new { limit = 3, filter = new { generic_search_term = "x" } })).Ok();
        Assert.Equal("x", (await other.Next(one => one.Method == "POST")).Body!.Value.Str("filter", "generic_search_term"));
        (await alice.Get($"/v3/publicRooms?server=no%20name")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task An_OpenID_token_tells_whose_it_is_and_nothing_else()
    {
        await using FakeHomeserver other = await Other();
        TestClient alice = await User();
        JsonElement token = (await alice.Post($"/v3/user/{alice.UserId}/openid/request_token")).Ok();
        Assert.Equal("localhost", token.Str("matrix_server_name"));
        string secret = token.Str("access_token");
        Assert.Equal(alice.UserId, (await other.AskWith(HttpMethod.Get, $"/_matrix/federation/v1/openid/userinfo?access_token={secret}", null, null)).Ok().Str("sub"));
        (await other.AskWith(HttpMethod.Get, "/_matrix/federation/v1/openid/userinfo?access_token=wrong", null, null)).Fails(401, "M_UNKNOWN_TOKEN");
        (await other.AskWith(HttpMethod.Get, "/_matrix/federation/v1/openid/userinfo", null, null)).Fails(401, "M_MISSING_TOKEN");
        (await alice.Post($"/v3/user/{(await User()).UserId}/openid/request_token")).Fails(403, "M_FORBIDDEN");
        TestClient thief = alice.Another();
        thief.AccessToken = secret;
        (await thief.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
    }

    private static object Listed(string room) => new { room_id = room, num_joined_members = 3, world_readable = false, guest_can_join = false };
}

/// <summary>The tests on SQLite.</summary>
public sealed class QuerySqliteTests(FederatedSqliteServer server) : QueryTests(server);

/// <summary>The tests on PostgreSQL.</summary>
public sealed class QueryPostgresTests(FederatedPostgresServer server) : QueryTests(server);
