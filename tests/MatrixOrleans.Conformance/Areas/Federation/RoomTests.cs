using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas.Federation;

/// <summary>Rooms whose users are at servers of their own.</summary>
public sealed class RoomTests(FederatedServers servers) : IClassFixture<FederatedServers>, IDisposable
{
    public void Dispose() => servers.AssertNoViolations();

    [Theory]
    [InlineData("1")]
    [InlineData("6")]
    [InlineData("11")]
    [InlineData("12")]
    public async Task Users_of_two_servers_talk_both_ways(string version)
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "Both", room_version = version });
        string before = await alice.Say(room, "before bob");
        string alices = await alice.SyncToken();
        await Join(bob, room, servers.One);
        await alice.SyncUntil(alices, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member" && e.Str("state_key") == bob.UserId));
        JsonElement joined = (await bob.Sync()).Joined(room);
        Assert.Equal(2, joined.Int("summary", "m.joined_member_count"));
        string bobs = await bob.SyncToken();
        string hello = await alice.Say(room, "hello bob");
        await bob.SyncUntilEvent(bobs, room, hello);
        string answer = await bob.Say(room, "hello alice");
        await alice.SyncUntilEvent(alices, room, answer);
        Assert.Equal("Both", (await bob.State(room, "m.room.name")).Str("name"));

        // What was said before the join is fetched when it is read.
        List<JsonElement> history = await bob.WalkMessages(room);
        Assert.Contains(before, history.Ids());
        Assert.Equal((await alice.WalkMessages(room)).Ids().Order(), history.Ids().Order());
    }

    [Fact]
    public async Task An_invitation_is_accepted_and_one_is_rejected()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        TestClient carol = await servers.Three.User("carol");
        string bobs = await bob.SyncToken();
        string carols = await carol.SyncToken();
        string room = await alice.CreateRoom(new { name = "Closed" });
        string alices = await alice.SyncToken();
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = bob.UserId })).Ok();
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = carol.UserId })).Ok();
        JsonElement invited = await bob.SyncUntil(bobs, s => s.Has("rooms", "invite", room));
        Assert.Contains(invited.List("rooms", "invite", room, "invite_state", "events"), e => e.Str("type") == "m.room.name");
        (await bob.Post($"/v3/join/{room}")).Ok();
        await carol.SyncUntil(carols, s => s.Has("rooms", "invite", room));
        await carol.Leave(room);
        await alice.SyncUntil(alices, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member" && e.Str("state_key") == carol.UserId && e.Str("content", "membership") == "leave"));
        Assert.Equal("join", await alice.MembershipOf(room, bob));
        Assert.False((await carol.Sync()).Has("rooms", "invite", room));
        await bob.Leave(room);
        await alice.SyncUntil(alices, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member" && e.Str("state_key") == bob.UserId && e.Str("content", "membership") == "leave"));
    }

    [Fact]
    public async Task A_direct_chat_begins_with_an_invitation_to_another_server()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string bobs = await bob.SyncToken();
        string room = await alice.CreateRoom(new { preset = "trusted_private_chat", is_direct = true, invite = new[] { bob.UserId, "@nobody:127.0.0.1:1" } });
        JsonElement invited = await bob.SyncUntil(bobs, s => s.Has("rooms", "invite", room));
        JsonElement own = invited.List("rooms", "invite", room, "invite_state", "events").OfType("m.room.member", bob.UserId);
        Assert.True(own.Bool("content", "is_direct"));
        (await bob.Post($"/v3/rooms/{room}/join")).Ok();
        await bob.Say(room, "hello");
    }

    [Fact]
    public async Task A_restricted_room_lets_in_who_is_in_the_other_one()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string club = await alice.CreatePublicRoom();
        string room = await alice.CreateRoom(new
        {
            initial_state = new[] { new { type = "m.room.join_rules", state_key = "", content = new { join_rule = "restricted", allow = new[] { new { type = "m.room_membership", room_id = club } } } } },
        });
        (await TryJoin(bob, room, servers.One)).Fails(403, "M_FORBIDDEN");
        await Join(bob, club, servers.One);
        await Join(bob, room, servers.One);
        Assert.Equal(alice.UserId, (await bob.State(room, "m.room.member", bob.UserId)).Str("join_authorised_via_users_server"));
    }

    [Fact]
    public async Task A_knock_from_afar_is_answered_with_an_invitation()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string room = await alice.CreateRoom(new { initial_state = new[] { new { type = "m.room.join_rules", state_key = "", content = new { join_rule = "knock" } } } });
        string alices = await alice.SyncToken();
        string bobs = await bob.SyncToken();
        (await bob.Post($"/v3/knock/{room}?via={servers.One.Name}", new { reason = "please" })).Ok();
        await alice.SyncUntil(alices, s => s.Timeline(room).Any(e => e.Str("type") == "m.room.member" && e.Str("state_key") == bob.UserId && e.Str("content", "membership") == "knock"));
        JsonElement knocked = await bob.SyncUntil(bobs, s => s.Has("rooms", "knock", room));
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = bob.UserId })).Ok();
        await bob.SyncUntil(knocked.Str("next_batch"), s => s.Has("rooms", "invite", room));
        (await bob.Post($"/v3/join/{room}")).Ok();
    }

    [Fact]
    public async Task Three_servers_agree_after_all_of_them_wrote_at_once()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        TestClient carol = await servers.Three.User("carol");
        string room = await alice.CreatePublicRoom();
        await Join(bob, room, servers.One);
        await Join(carol, room, servers.Two);
        TestClient[] all = [alice, bob, carol];
        string[] tokens = await Task.WhenAll(all.Select(c => c.SyncToken()));
        string[][] said = await Task.WhenAll(all.Select(async c =>
        {
            List<string> ids = [];
            for (int i = 0; i < 10; i++)
            {
                ids.Add(await c.Say(room, $"{c.UserId} {i}"));
            }
            return ids.ToArray();
        }));
        for (int i = 0; i < 3; i++)
        {
            HashSet<string> missing = [.. said.SelectMany(ids => ids)];
            string token = tokens[i];
            await all[i].SyncUntil(token, s =>
            {
                missing.ExceptWith(s.Timeline(room).Ids());
                return missing.Count == 0;
            }, filter: """{"room":{"timeline":{"limit":100}}}""");
        }

        string[] states = await Task.WhenAll(all.Select(async c => string.Join(',', (await c.FullState(room)).Ids().Order())));
        Assert.Single(states.Distinct());
    }

    [Fact]
    public async Task A_server_that_was_away_catches_up()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string room = await alice.CreatePublicRoom();
        await Join(bob, room, servers.One);
        string bobs = await bob.SyncToken();
        await servers.Two.Process.StopAsync();
        List<string> missed = [];
        for (int i = 0; i < 15; i++)
        {
            missed.Add(await alice.Say(room, $"missed {i}"));
        }
        await servers.Two.Process.StartAgainAsync();
        string back = await alice.Say(room, "you are back");
        await bob.SyncUntilEvent(bobs, room, back);
        string[] seen = (await bob.WalkMessages(room)).Ids();
        Assert.All(missed, id => Assert.Contains(id, seen));
    }

    [Fact]
    public async Task A_room_without_federation_lets_nobody_from_outside_in()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string room = await alice.CreateRoom(new Dictionary<string, object> { ["preset"] = "public_chat", ["creation_content"] = new Dictionary<string, object> { ["m.federate"] = false } });
        (await TryJoin(bob, room, servers.One)).Fails(403, "M_FORBIDDEN");
        (await bob.Post($"/v3/join/{"!nowhere:" + servers.One.Name}?via={servers.One.Name}")).Fails(404, "M_NOT_FOUND");
    }

    private static async Task Join(TestClient client, string room, FederatedServers.Member via) => (await TryJoin(client, room, via)).Ok();

    private static Task<Answer> TryJoin(TestClient client, string room, FederatedServers.Member via) => client.Post($"/v3/join/{room}?via={via.Name}");
}
