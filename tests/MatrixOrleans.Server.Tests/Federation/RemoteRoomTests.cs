using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage.Log;
using static MatrixOrleans.Server.Tests.Federation.DagRoom;
using static MatrixOrleans.Server.Tests.Federation.Federated;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>Rooms that are known from other servers: coming in, receiving, history, invitations.</summary>
public sealed class RemoteRoomTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    public static TheoryData<string, string> ProvidersAndVersions
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var version in RoomVersions.All)
            {
                data.Add(MatrixOrleans.Storage.DatabaseOptions.Sqlite, version.Id);
            }

            data.Add(MatrixOrleans.Storage.DatabaseOptions.Postgres, "12");
            return data;
        }
    }

    [Theory, MemberData(nameof(ProvidersAndVersions))]
    public async Task A_join_brings_the_rooms_state_and_the_way_to_its_history(string provider, string version)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.Get(version), out var tip);
        tip = dag.State(Ann, EventTypes.Name, "", new { name = "Far room" }, tip).EventId;
        tip = dag.Say(Ben, "before you came", tip).EventId;
        var id = await test.Join(dag, tip);
        Assert.Equal(dag.StateAfter(test.Far.Ends).Values.Select(e => e.Value).Order(StringComparer.Ordinal), await test.State(id));

        var joined = (await test.Sync()).GetProperty("rooms").GetProperty("join").GetProperty(id.Value);
        Assert.True(joined.GetProperty("timeline").GetProperty("limited").GetBoolean());
        Assert.Equal(test.Far.Ends[0].Value, Assert.Single(joined.GetProperty("timeline").GetProperty("events").EnumerateArray()).GetProperty("event_id").GetString());
        Assert.Contains(joined.GetProperty("state").GetProperty("events").EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Name);
        Assert.Equal(4, joined.GetProperty("summary").GetProperty("m.joined_member_count").GetInt32());

        var said = await test.Server.Say(id, Alice, "hello far");
        Assert.Equal([test.Far.Ends[0]], (await test.Database.Rooms.Edges(await test.Nid(id), [said])).Single().Prev);

        // The history is fetched when somebody reads up to where it is missing.
        var page = await test.Server.Reader(id).Messages(new Viewer(Alice, "D"), new MessagesQuery { Backwards = true, Limit = 100 });
        Assert.Equal(
            dag.Events.Select(e => e.EventId.Value).Append(said.Value).Reverse(),
            page.Chunk.Select(json => RoomServer.Json(json).GetProperty("event_id").GetString()));
        Assert.Null(page.End);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task History_comes_in_pages_as_far_as_it_is_read(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        for (var i = 0; i < 60; i++)
        {
            tip = dag.Say(Ben, $"m{i}", tip).EventId;
        }

        var id = await test.Join(dag, tip);
        var seen = new List<string>();
        string? from = null;
        for (var pages = 0; pages < 20; pages++)
        {
            var page = await test.Server.Reader(id).Messages(new Viewer(Alice, "D"), new MessagesQuery { Backwards = true, Limit = 10, From = from });
            seen.AddRange(page.Chunk.Select(json => RoomServer.Json(json).GetProperty("event_id").GetString()!));
            if ((from = page.End) is null)
            {
                break;
            }
        }

        Assert.Equal(dag.Events.Select(e => e.EventId.Value).Reverse(), seen);
        Assert.True(test.Far.Paths.Count(p => p == "backfill") > 1);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Nothing_is_signed_or_kept_that_is_not_the_join_that_was_asked_for(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        foreach (var (member, value) in new (string, JsonNode)[] { ("type", "m.room.power_levels"), ("room_id", "!other:far.test"), ("sender", Ann.Value), ("state_key", Ann.Value), ("content", new JsonObject { ["membership"] = "ban" }) })
        {
            test.Far.Lies["make_join"] = answer =>
            {
                answer["event"]![member] = value.DeepClone();
                return answer;
            };
            var refusal = await Assert.ThrowsAsync<MatrixException>(() => test.Join(dag, tip));
            Assert.Equal(502, refusal.Code.Status);
        }

        Assert.DoesNotContain("send_join", test.Far.Paths);

        // More in the template than it needs is not taken over.
        test.Far.Lies["make_join"] = answer =>
        {
            answer["event"]!["content"]!["evil"] = true;
            answer["event"]!["redacts"] = "$x:y";
            return answer;
        };
        var id = await test.Join(dag, tip);
        var join = await test.Event(id, test.Far.Ends[0]);
        Assert.False(join.TryGetProperty("redacts", out _) || join.GetProperty("content").TryGetProperty("evil", out _));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_state_without_create_event_or_with_forgeries_is_not_believed(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        test.Far.Lies["send_join"] = answer =>
        {
            var state = answer["state"]!.AsArray();
            state.Remove(state.First(e => e!["type"]!.GetValue<string>() == EventTypes.Create));
            return answer;
        };
        Assert.Equal(502, (await Assert.ThrowsAsync<MatrixException>(() => test.Join(dag, tip))).Code.Status);
        Assert.Empty((await test.Sync()).TryGetProperty("rooms", out var rooms) ? rooms.GetProperty("join").EnumerateObject() : []);

        // One that nobody signed is left out; the rest is good.
        var topic = dag.State(Ann, EventTypes.Topic, "", new { topic = "real" }, tip);
        test.Far.Lies["send_join"] = answer =>
        {
            var forged = answer["state"]!.AsArray().First(e => e!["type"]!.GetValue<string>() == EventTypes.Topic)!;
            forged["signatures"] = new JsonObject();
            return answer;
        };
        var id = await test.Join(dag, topic.EventId);
        Assert.DoesNotContain(topic.EventId.Value, await test.State(id));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task One_bad_event_of_a_transaction_spoils_nothing_else(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var id = await test.Join(dag, tip);
        var good = dag.Say(Ann, "good", test.Far.Ends[0]);
        var changed = dag.Say(Ann, "original", good.EventId);
        var unsigned = dag.Say(Ann, "unsigned", changed.EventId);
        var outcomes = await test.Send(
            dag,
            "{}"u8.ToArray(),
            Encoding.UTF8.GetBytes("""{"type":"m.room.message","depth":1e300}"""),
            good.Json,
            Changed(changed, e => e["content"]!["body"] = "forged"),
            Changed(unsigned, e => e["signatures"] = new JsonObject()),
            Changed(good, e => e["room_id"] = "!other:far.test"));
        Assert.Equal([false, false, true, true, false, false], outcomes.Select(o => o.Error is null));
        Assert.Equal("good", (await test.Event(id, good.EventId)).GetProperty("content").GetProperty("body").GetString());

        // The hash says that somebody changed it: its content is gone, its place in the graph stays.
        Assert.Empty((await test.Event(id, changed.EventId)).GetProperty("content").EnumerateObject());
        Assert.Equal([changed.EventId.Value], (await test.Timeline(id)).TakeLast(1).Select(e => e.EventId));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Missing_events_are_asked_for_and_come_in_order(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var id = await test.Join(dag, tip);
        var last = test.Far.Ends[0];
        var lost = Enumerable.Range(0, 8).Select(i => dag.Say(Ben, $"lost {i}", last = dag.Events[^1].EventId)).ToList();
        var arrives = dag.Say(Ann, "arrives", lost[^1].EventId);
        Assert.All(await test.Send(dag, arrives.Json), o => Assert.Null(o.Error));
        await test.Shown(id, arrives.EventId);
        Assert.Equal(dag.Events.TakeLast(10).Select(e => e.EventId.Value), (await test.Timeline(id)).Select(e => e.EventId));
        Assert.DoesNotContain("state_ids", test.Far.Paths);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Where_events_cannot_be_had_the_state_is_and_the_timeline_has_a_gap(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var id = await test.Join(dag, tip);
        var since = (await test.Sync()).GetProperty("next_batch").GetString();
        var topic = dag.State(Ann, EventTypes.Topic, "", new { topic = "unseen" }, test.Far.Ends[0]);
        var hidden = dag.Say(Ben, "hidden", topic.EventId);
        var arrives = dag.Say(Ann, "arrives", hidden.EventId);
        test.Far.Lies["get_missing_events"] = _ => new JsonObject { ["events"] = new JsonArray() };
        await test.Send(dag, arrives.Json);
        await test.Shown(id, arrives.EventId);
        Assert.Equal(dag.StateAfter([arrives.EventId]).Values.Select(e => e.Value).Order(StringComparer.Ordinal), await test.State(id));
        var room = (await test.Sync(since)).GetProperty("rooms").GetProperty("join").GetProperty(id.Value);
        Assert.True(room.GetProperty("timeline").GetProperty("limited").GetBoolean());
        Assert.Equal([arrives.EventId.Value], room.GetProperty("timeline").GetProperty("events").EnumerateArray().Select(e => e.GetProperty("event_id").GetString()));
        Assert.Contains(room.GetProperty("state").GetProperty("events").EnumerateArray(), e => e.GetProperty("event_id").GetString() == topic.EventId.Value);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_waits_for_a_dead_server_is_acknowledged_and_survives_a_restart(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var id = await test.Join(dag, tip);
        var lost = dag.Say(Ben, "lost", test.Far.Ends[0]);
        var arrives = dag.Say(Ann, "arrives", lost.EventId);
        test.Far.IsDown = true;
        Assert.Null(Assert.Single(await test.Send(dag, arrives.Json)).Error);
        Assert.Equal(arrives.EventId, Assert.Single(await test.Database.StagedPdus.OfRoom(id, 10)).EventId);
        test.Far.IsDown = false;
        await test.Server.Restart();
        await test.Shown(id, arrives.EventId);
        await test.Shown(id, lost.EventId);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_server_that_the_room_denies_sends_nothing_into_it(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        tip = dag.State(Ann, EventTypes.ServerAcl, "", new { allow = new[] { "*" }, deny = new[] { "FAR.*" } }, tip).EventId;
        var id = await test.Join(dag, tip);
        var said = dag.Say(Ann, "denied", test.Far.Ends[0]);
        Assert.NotNull(Assert.Single(await test.Send(dag, said.Json)).Error);
        Assert.Single(await test.Timeline(id));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_invitation_from_afar_is_shown_and_ends_even_when_nobody_answers(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var since = (await test.Sync()).GetProperty("next_batch").GetString();
        var invite = dag.Member(Ann, "invite", Alice, tip);
        var signed = RoomServer.Json(await Invite(test, dag, invite));
        Assert.True(signed.GetProperty("signatures").TryGetProperty(RoomServer.Tenant.Value, out _));
        Assert.True(signed.GetProperty("signatures").TryGetProperty(Far.Value, out _));
        foreach (var answer in new[] { await test.Sync(), await test.Sync(since) })
        {
            var events = answer.GetProperty("rooms").GetProperty("invite").GetProperty(dag.Id.Value).GetProperty("invite_state").GetProperty("events").EnumerateArray().ToList();
            Assert.Contains(events, e => e.GetProperty("type").GetString() == EventTypes.Create);
            Assert.Equal(Alice.Value, events[^1].GetProperty("state_key").GetString());
        }

        since = (await test.Sync()).GetProperty("next_batch").GetString();
        test.Far.IsDown = true;
        await test.Server.Grains.GetGrain<IMembershipGrain>(0).Change(dag.Id, new MembershipRequest { Action = MembershipAction.Leave, Sender = Alice, Target = Alice });
        Assert.True((await test.Sync(since)).GetProperty("rooms").GetProperty("leave").TryGetProperty(dag.Id.Value, out _));
        Assert.False((await test.Sync()).TryGetProperty("rooms", out var rooms) && rooms.TryGetProperty("invite", out _));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_invitation_ends_when_the_inviters_server_says_so_and_no_other(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var invite = dag.Member(Ann, "invite", Alice, tip);
        await Invite(test, dag, invite);
        var message = dag.Say(Ann, "none of your business", invite.EventId);
        var back = dag.Member(Ann, "leave", Alice, invite.EventId);
        var since = (await test.Sync()).GetProperty("next_batch").GetString();
        var outcomes = await test.Send(dag, message.Json, back.Json);
        Assert.Equal([false, true], outcomes.Select(o => o.Error is null));
        Assert.True((await test.Sync(since)).GetProperty("rooms").GetProperty("leave").TryGetProperty(dag.Id.Value, out _));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_accepted_invitation_is_a_join_through_its_sender(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V12, out var tip);
        var closed = dag.State(Ann, EventTypes.JoinRules, "", new { join_rule = "invite" }, tip);
        var invite = dag.Member(Ann, "invite", Alice, closed.EventId);
        await Invite(test, dag, invite);
        (test.Far.Room, test.Far.Ends) = (dag, [invite.EventId]);
        await test.Server.Grains.GetGrain<IMembershipGrain>(0).Enter(new EnterRequest { Action = MembershipAction.Join, User = Alice, Room = dag.Id });
        Assert.True((await test.Sync()).GetProperty("rooms").GetProperty("join").TryGetProperty(dag.Id.Value, out _));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Only_invitations_are_signed_as_invitations(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V12, out var tip);
        var ban = dag.Member(Ann, "ban", Alice, tip);
        var stranger = dag.Member(Ann, "invite", UserId.Parse("@alice:elsewhere.test"), tip);
        var good = dag.Member(Ann, "invite", Alice, tip);
        Assert.Equal(MatrixError.InvalidParam, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, ban))).Code);
        Assert.Equal(MatrixError.InvalidParam, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, stranger))).Code);
        Assert.Equal(MatrixError.InvalidParam, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, good, asEvent: ban.EventId))).Code);
        Assert.Equal(MatrixError.MissingParam, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, good, state: []))).Code);
        var other = WithMembers(RoomVersions.V12, out _, "other");
        Assert.Equal(MatrixError.InvalidParam, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, good, state: [other.Events[1].Json]))).Code);
        Assert.Equal(MatrixError.IncompatibleRoomVersion, (await Assert.ThrowsAsync<MatrixException>(() => Invite(test, dag, good, version: "99"))).Code);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_knock_is_a_row_of_the_user_until_it_is_taken_back(string provider)
    {
        await using var test = await Federated.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        tip = dag.State(Ann, EventTypes.JoinRules, "", new { join_rule = "knock" }, tip).EventId;
        (test.Far.Room, test.Far.Ends) = (dag, [tip]);
        await test.Enter(dag.Id, MembershipAction.Knock);
        Assert.True((await test.Sync()).GetProperty("rooms").GetProperty("knock").TryGetProperty(dag.Id.Value, out _));
        await test.Server.Grains.GetGrain<IMembershipGrain>(0).Change(dag.Id, new MembershipRequest { Action = MembershipAction.Leave, Sender = Alice, Target = Alice });
        Assert.Contains("send_leave", test.Far.Paths);
        Assert.False((await test.Sync()).TryGetProperty("rooms", out var rooms) && rooms.TryGetProperty("knock", out _));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_user_of_another_server_is_invited_with_that_servers_signature(string provider)
    {
        await using var test = await Federated.Start(provider);
        var id = await test.Server.Room(Alice);
        (test.Far.Room, test.Far.Ends) = (WithMembers(RoomVersions.V11, out var tip), [tip]);
        await test.Server.Grains.GetGrain<IMembershipGrain>(0).Change(id, new MembershipRequest { Action = MembershipAction.Invite, Sender = Alice, Target = Ann });
        var member = (await test.Timeline(id))[^1];
        Assert.Equal(Ann.Value, member.StateKey);
        var signatures = RoomServer.Json(member.Json).GetProperty("signatures");
        Assert.True(signatures.TryGetProperty(Far.Value, out _) && signatures.TryGetProperty(RoomServer.Tenant.Value, out _));
        Assert.Contains(test.Far.Invited.Single().GetProperty("invite_room_state").EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Create && e.TryGetProperty("hashes", out _));
    }

    private static Task<ReadOnlyMemory<byte>> Invite(
        Federated test, DagRoom dag, Pdu invite, IReadOnlyList<ReadOnlyMemory<byte>>? state = null, string? version = null, EventId? asEvent = null) =>
        test.Server.Grains.GetGrain<IInvitedGrain>(0).Take(
            new ServerAsker(Far, RoomServer.Tenant),
            new RemoteInvite(dag.Id, asEvent ?? invite.EventId, version ?? dag.Version.Id, invite.Json, state ?? [dag.Create.Json])).AsTask();

    private static byte[] Changed(Pdu pdu, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(pdu.Json.Span)!;
        change(node);
        return JsonSerializer.SerializeToUtf8Bytes(node);
    }
}
