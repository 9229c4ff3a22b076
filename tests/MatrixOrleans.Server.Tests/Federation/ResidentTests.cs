using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Server.Tests.Storage;
using static MatrixOrleans.Server.Tests.Federation.Federated;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>What a server that is in a room tells others, and how it lets their users in and out.</summary>
public sealed class ResidentTests
{
    private static readonly ServerAsker Far = new(DagRoom.Far, RoomServer.Tenant);
    private static readonly UserId Ann = DagRoom.Ann;

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_user_of_another_server_joins_with_an_event_of_its_own_and_gets_the_state(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        await test.Server.Say(id, Alice, "before");
        var (join, answer) = await Join(test, id);
        Assert.Equal(join.EventId.Value, (await test.Timeline(id))[^1].EventId);
        Assert.Equal(RoomServer.Tenant.Value, (await test.Timeline(id))[^1].RelayedBy);
        var state = answer.GetProperty("state").EnumerateArray().Select(e => e.GetProperty("type").GetString()).ToList();
        Assert.Equal(["m.room.create", "m.room.history_visibility", "m.room.join_rules", "m.room.member", "m.room.power_levels"], state.Order());
        Assert.Contains(answer.GetProperty("auth_chain").EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Create);

        // The same once more is answered the same.
        await Resident(test, id).Take(Far, join.EventId, MembershipAction.Join, join.Json, false);
        Assert.Single(await test.Timeline(id), e => e.StateKey == Ann.Value);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Members_are_left_out_for_who_wants_it_so(string provider)
    {
        await using var test = await Federated.Start(provider);
        var members = Enumerable.Range(0, 8).Select(i => RoomServer.User($"m{i}")).ToArray();
        var id = await test.Server.Room(Alice, "shared", members);
        await test.Server.Set(id, Alice, EventTypes.Name, new { name = "named" });
        var (_, answer) = await Join(test, id, omitMembers: true);
        Assert.True(answer.GetProperty("members_omitted").GetBoolean());
        Assert.Equal([RoomServer.Tenant.Value], answer.GetProperty("servers_in_room").EnumerateArray().Select(s => s.GetString()));
        Assert.DoesNotContain(answer.GetProperty("state").EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Member);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Only_the_asking_servers_own_fitting_member_event_is_taken(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        await Refused(MatrixError.Forbidden, Resident(test, id).Make(Far, RoomServer.User("eve"), MembershipAction.Join, ["11"]));
        await Refused(MatrixError.IncompatibleRoomVersion, Resident(test, id).Make(Far, Ann, MembershipAction.Join, ["1", "2"]));
        await Refused(MatrixError.NotFound, Resident(test, id).Make(new ServerAsker(DagRoom.Far, ServerName.Parse("two.test")), Ann, MembershipAction.Join, ["11"]));
        var leave = await Made(test, id, MembershipAction.Join, content => content["membership"] = "leave");
        await Refused(MatrixError.InvalidParam, Resident(test, id).Take(Far, leave.EventId, MembershipAction.Join, leave.Json, false));
        var join = await Made(test, id, MembershipAction.Join);
        await Refused(MatrixError.InvalidParam, Resident(test, id).Take(Far, leave.EventId, MembershipAction.Join, join.Json, false));
        await Refused(MatrixError.InvalidParam, Resident(test, id).Take(new ServerAsker(ServerName.Parse("evil.test"), RoomServer.Tenant), join.EventId, MembershipAction.Join, join.Json, false));
        var forged = JsonNode.Parse(join.Json.Span)!;
        forged["content"]!["displayname"] = "Somebody else";
        await Refused(MatrixError.InvalidParam, Resident(test, id).Take(Far, join.EventId, MembershipAction.Join, JsonSerializer.SerializeToUtf8Bytes(forged), false));
        await test.Server.Member(id, MembershipAction.Ban, Alice, Ann);
        await Refused(MatrixError.Forbidden, Resident(test, id).Make(Far, Ann, MembershipAction.Join, ["11"]));
        await Refused(MatrixError.Forbidden, Resident(test, id).Take(Far, join.EventId, MembershipAction.Join, join.Json, false));
        Assert.DoesNotContain(await test.Timeline(id), e => e.EventId == join.EventId.Value);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_restricted_join_gets_the_signature_of_who_authorises_it(string provider)
    {
        await using var test = await Federated.Start(provider);
        var club = await test.Server.Room(Alice);
        var id = await test.Server.Room(Alice);
        await test.Server.Set(id, Alice, EventTypes.JoinRules, new { join_rule = "restricted", allow = new[] { new { type = "m.room_membership", room_id = club.Value } } });
        await Refused(MatrixError.Forbidden, Resident(test, id).Make(Far, Ann, MembershipAction.Join, ["11"]));
        await Join(test, club);
        var (join, answer) = await Join(test, id);
        var given = answer.GetProperty("event");
        Assert.Equal(Alice.Value, given.GetProperty("content").GetProperty("join_authorised_via_users_server").GetString());
        Assert.True(given.GetProperty("signatures").TryGetProperty(RoomServer.Tenant.Value, out _));
        Assert.Equal(join.EventId.Value, (await test.Timeline(id))[^1].EventId);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task State_and_events_are_for_servers_in_the_room_and_by_room_and_event(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        var other = await test.Server.Room(Alice);
        var said = await test.Server.Say(id, Alice, "secret");
        var elsewhere = await test.Server.Say(other, Alice, "elsewhere");
        await Refused(MatrixError.Forbidden, Resident(test, id).State(Far, said, idsOnly: true));
        await Refused(MatrixError.Forbidden, Resident(test, id).Event(Far, said));
        await Join(test, id);
        var state = RoomServer.Json(await Resident(test, id).State(Far, said, idsOnly: true));
        Assert.Equal(5, state.GetProperty("pdu_ids").GetArrayLength());
        Assert.NotEqual(0, state.GetProperty("auth_chain_ids").GetArrayLength());
        Assert.Equal(5, RoomServer.Json(await Resident(test, id).State(Far, said, idsOnly: false)).GetProperty("pdus").GetArrayLength());
        await Refused(MatrixError.NotFound, Resident(test, id).State(Far, elsewhere, idsOnly: true));
        await Refused(MatrixError.NotFound, Resident(test, id).EventAuth(Far, elsewhere));
        await Refused(MatrixError.NotFound, Resident(test, id).Event(Far, elsewhere));
        Assert.Equal("secret", Body(await Resident(test, id).Event(Far, said)));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Events_from_before_a_servers_join_are_pruned_where_the_room_hides_them(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice, "joined");
        var hidden = await test.Server.Say(id, Alice, "hidden");
        await Join(test, id);
        var seen = await test.Server.Say(id, Alice, "seen");
        Assert.Null(Body(await Resident(test, id).Event(Far, hidden)));
        Assert.Equal("seen", Body(await Resident(test, id).Event(Far, seen)));
        var pdus = RoomServer.Json(await Resident(test, id).Backfill(Far, [seen], 10)).GetProperty("pdus").EnumerateArray().ToList();
        Assert.Equal(8, pdus.Count);
        Assert.Equal(["seen"], pdus.Where(e => e.GetProperty("content").TryGetProperty("body", out _)).Select(e => e.GetProperty("content").GetProperty("body").GetString()));
        await test.Server.Redact(id, Alice, seen);
        Assert.Null(Body(await Resident(test, id).Event(Far, seen)));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Missing_events_lead_from_the_latest_back_to_the_earliest(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        await Join(test, id);
        var said = new List<EventId>();
        for (var i = 0; i < 6; i++)
        {
            said.Add(await test.Server.Say(id, Alice, $"m{i}"));
        }

        var answer = RoomServer.Json(await Resident(test, id).MissingEvents(Far, new MissingEventsQuery([said[0]], [said[5]], 3, 0)));
        Assert.Equal(["m2", "m3", "m4"], answer.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("content").GetProperty("body").GetString()));
        answer = RoomServer.Json(await Resident(test, id).MissingEvents(Far, new MissingEventsQuery([said[0]], [said[5]], 20, 0)));
        Assert.Equal(["m1", "m2", "m3", "m4"], answer.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("content").GetProperty("body").GetString()));
        var nearest = RoomServer.Json(await Resident(test, id).NearestTo(Far, long.MaxValue, backwards: true));
        Assert.Equal(said[5].Value, nearest.GetProperty("event_id").GetString());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Knocks_and_leaves_go_through_a_resident_too(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        await Refused(MatrixError.Forbidden, Resident(test, id).Make(Far, Ann, MembershipAction.Leave, null));
        await test.Server.Set(id, Alice, EventTypes.JoinRules, new { join_rule = "knock" });
        var knock = await Made(test, id, MembershipAction.Knock);
        var shown = RoomServer.Json(await Resident(test, id).Take(Far, knock.EventId, MembershipAction.Knock, knock.Json, false));
        Assert.Contains(shown.GetProperty("knock_room_state").EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Create);
        var leave = await Made(test, id, MembershipAction.Leave);
        Assert.Equal("{}", RoomServer.Text(await Resident(test, id).Take(Far, leave.EventId, MembershipAction.Leave, leave.Json, false)));
        Assert.Equal(leave.EventId.Value, (await test.Timeline(id))[^1].EventId);
    }

    private static async Task<(Pdu Join, JsonElement Answer)> Join(Federated test, RoomId id, bool omitMembers = false)
    {
        var join = await Made(test, id, MembershipAction.Join);
        return (join, RoomServer.Json(await Resident(test, id).Take(Far, join.EventId, MembershipAction.Join, join.Json, omitMembers)));
    }

    /// <summary>A member event of Ann's after our template.</summary>
    private static async Task<Pdu> Made(Federated test, RoomId id, MembershipAction action, Action<JsonNode>? change = null)
    {
        var made = RoomServer.Json(await Resident(test, id).Make(Far, Ann, action, action == MembershipAction.Leave ? null : ["11", "12"]));
        var version = RoomVersions.Get(made.GetProperty("room_version").GetString()!);
        var membership = action switch { MembershipAction.Join => "join", MembershipAction.Knock => "knock", _ => "leave" };
        var template = RemoteTemplate.Read(made, id, Ann, membership);
        Assert.NotNull(template);
        var said = template.Event(id, Ann, membership, null, "Ann", null, 1_700_000_000_000);
        if (change is not null)
        {
            var content = JsonNode.Parse(said.Content.Span)!;
            change(content);
            said = said with { Content = JsonSerializer.SerializeToUtf8Bytes(content) };
        }

        return EventBuilder.Build(said, version, DagRoom.Far, DagRoom.Key);
    }

    private static IResidentGrain Resident(Federated test, RoomId id) => test.Server.Grains.GetGrain<IResidentGrain>(id.Value);

    private static string? Body(ReadOnlyMemory<byte> transaction) =>
        RoomServer.Json(transaction).GetProperty("pdus").EnumerateArray().Single().GetProperty("content").TryGetProperty("body", out var body) ? body.GetString() : null;

    private static async Task Refused<T>(MatrixError code, ValueTask<T> request) =>
        Assert.Equal(code.Code, (await Assert.ThrowsAsync<MatrixException>(() => request.AsTask())).Code.Code);
}
