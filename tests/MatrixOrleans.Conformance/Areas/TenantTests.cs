using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Two homeservers in one process: separate users and directories, common rooms.</summary>
public sealed class TenantTests(TenantTests.TwoServers servers) : IClassFixture<TenantTests.TwoServers>
{
    private const string One = "one.example";
    private const string Two = "two.example";

    private TestScope Scope => field ??= new TestScope(servers.Process.BaseAddress, One);

    [Fact]
    public async Task A_user_belongs_to_the_server_that_was_asked()
    {
        TestClient alice = await Scope.User("alice", One);
        TestClient bob = await Scope.User("bob", Two);
        Assert.EndsWith(":one.example", alice.UserId, StringComparison.Ordinal);
        Assert.EndsWith(":two.example", bob.UserId, StringComparison.Ordinal);
        End();
    }

    [Fact]
    public async Task The_same_name_is_two_users_with_their_own_passwords_and_devices()
    {
        string name = $"same-{Guid.NewGuid():N}"[..20];
        TestClient first = await Scope.Anonymous(One).Register(name);
        TestClient second = await Scope.Anonymous(Two).Register(name);
        Assert.Equal($"@{name}:{One}", first.UserId);
        Assert.Equal($"@{name}:{Two}", second.UserId);
        Assert.Single((await first.Get($"/v3/devices")).Ok().List("devices"));
        (await Scope.Anonymous(One).Post($"/v3/login", LoginTests.PasswordLogin(second))).Fails(403, "M_FORBIDDEN");
        End();
    }

    [Fact]
    public async Task Users_of_both_servers_chat_in_one_room()
    {
        TestClient alice = await Scope.User("alice", One);
        TestClient bob = await Scope.User("bob", Two);
        string bobsToken = await bob.SyncToken();
        string room = await alice.CreateRoom(new { name = "Both", invite = new[] { bob.UserId } });
        JsonElement invited = await bob.SyncUntil(bobsToken, s => s.Has("rooms", "invite", room));
        await bob.Join(room);
        string token = await alice.SyncToken();
        string bobs = await bob.Say(room, "from two");
        JsonElement sync = await alice.SyncUntilEvent(token, room, bobs);
        Assert.Equal("from two", sync.Timeline(room).Single().Str("content", "body"));
        string alices = await alice.Say(room, "from one");
        sync = await bob.SyncUntilEvent(invited.Str("next_batch"), room, alices);
        Assert.Equal((await alice.WalkMessages(room)).Ids(), (await bob.WalkMessages(room)).Ids());
        End();
    }

    [Fact]
    public async Task A_room_with_federation_off_is_for_its_own_server()
    {
        TestClient alice = await Scope.User("alice", One);
        TestClient bob = await Scope.User("bob", Two);
        TestClient carol = await Scope.User("carol", One);
        string room = await alice.CreateRoom(new { preset = "public_chat", creation_content = new Dictionary<string, object> { ["m.federate"] = false } });
        Answer refused = await bob.Post($"/v3/join/{room}");
        Assert.True(refused.Status is 403 or 404, refused.Text);
        await carol.Join(room);
        End();
    }

    [Fact]
    public async Task Aliases_and_directories_are_each_servers_own()
    {
        TestClient alice = await Scope.User("alice", One);
        TestClient bob = await Scope.User("bob", Two);
        string name = $"dir-{Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new { visibility = "public", name, room_alias_name = name });
        Assert.Equal($"#{name}:{One}", (await alice.State(room, "m.room.canonical_alias")).Str("alias"));
        Assert.Single((await alice.Post($"/v3/publicRooms", new { filter = new { generic_search_term = name } })).Ok().List("chunk"));
        Assert.Empty((await bob.Post($"/v3/publicRooms", new { filter = new { generic_search_term = name } })).Ok().List("chunk"));
        (await bob.Get($"/v3/directory/room/{$"#{name}:{Two}"}")).Fails(404, "M_NOT_FOUND");
        await bob.Join($"#{name}:{One}");
        (await bob.Put($"/v3/directory/room/{$"#other-{name}:{One}"}", new { room_id = room })).FailsWithOneOf(400, "M_INVALID_PARAM");
        End();
    }

    [Fact]
    public async Task A_restricted_room_takes_members_of_an_allowed_room_of_the_other_server()
    {
        TestClient alice = await Scope.User("alice", One);
        TestClient bob = await Scope.User("bob", Two);
        string space = await alice.CreatePublicRoom();
        string room = await alice.CreateRoom(new
        {
            room_version = "11",
            initial_state = new object[] { new { type = "m.room.join_rules", state_key = "", content = new { join_rule = "restricted", allow = new object[] { new { type = "m.room_membership", room_id = space } } } } },
        });
        Answer early = await bob.Post($"/v3/join/{room}");
        Assert.True(early.Status is 403 or 404, early.Text);
        await bob.Join(space);
        await bob.Join(room);
        Assert.Equal(alice.UserId, (await alice.State(room, "m.room.member", bob.UserId)).Str("join_authorised_via_users_server"));
        End();
    }

    /// <summary>What the test's exchanges departed from the OpenAPI files.</summary>
    private void End() => Assert.True(Scope.Violations.Count == 0, string.Join('\n', Scope.Violations.Distinct()));

    /// <summary>The process with two homeservers.</summary>
    public sealed class TwoServers : IAsyncLifetime
    {
        /// <summary>The process.</summary>
        public ServerProcess Process { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => Process = await ServerProcess.StartAsync(new ServerOptions { ServerNames = [One, Two] });

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (Process is not null)
            {
                await Process.DisposeAsync();
            }
        }
    }
}
