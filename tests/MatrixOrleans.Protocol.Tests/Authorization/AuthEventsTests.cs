using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

public class AuthEventsTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV11 => Versions.Until(11);

    public static TheoryData<string> SinceV8 => Versions.Since(8);

    [Theory, MemberData(nameof(All))]
    public void A_message_cites_create_levels_and_the_senders_membership(string version)
    {
        StateKey[] expected = version == "12"
            ? [StateKey.PowerLevels, StateKey.Member(UserId.Parse(Bob))]
            : [StateKey.Create, StateKey.PowerLevels, StateKey.Member(UserId.Parse(Bob))];

        Assert.Equal(expected, Keys(version, EventTypes.Message, Bob, null, "{}"));
        Assert.Empty(Keys(version, EventTypes.Create, Alice, "", "{}"));
    }

    [Theory, MemberData(nameof(All))]
    public void A_member_event_cites_the_target_and_the_join_rules(string version)
    {
        foreach (var membership in new[] { "join", "invite", "knock", "leave", "ban" })
        {
            var keys = Keys(version, EventTypes.Member, Alice, Bob, $$"""{"membership":"{{membership}}"}""");

            Assert.Contains(StateKey.Member(UserId.Parse(Alice)), keys);
            Assert.Contains(StateKey.Member(UserId.Parse(Bob)), keys);
            Assert.Equal(membership is "join" or "invite" or "knock", keys.Contains(StateKey.JoinRules));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void No_key_is_selected_twice(string version)
    {
        var keys = Keys(version, EventTypes.Member, Bob, Bob, $$"""{"membership":"join","join_authorised_via_users_server":"{{Bob}}"}""");

        Assert.Equal(keys.Distinct(), keys);
    }

    [Theory, MemberData(nameof(All))]
    public void An_invite_cites_the_third_party_invite_of_its_token(string version)
    {
        var content = """{"membership":"invite","third_party_invite":{"signed":{"token":"abc"}}}""";

        Assert.Contains(StateKey.ThirdPartyInvite("abc"), Keys(version, EventTypes.Member, Alice, Bob, content));
        Assert.DoesNotContain(
            StateKey.ThirdPartyInvite("abc"), Keys(version, EventTypes.Member, Alice, Bob, content.Replace("invite\",", "join\",", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(All))]
    public void A_join_cites_the_user_who_authorised_it_since_v8(string version)
    {
        var keys = Keys(version, EventTypes.Member, Bob, Bob, $$"""{"membership":"join","join_authorised_via_users_server":"{{Alice}}"}""");

        Assert.Equal(RoomVersions.Get(version).RestrictedJoin, keys.Contains(StateKey.Member(UserId.Parse(Alice))));
    }

    [Theory, MemberData(nameof(All))]
    public void An_event_with_what_is_selected_passes(string version)
    {
        var room = new TestRoom(version).Levels().JoinRule("public");
        var pdu = room.Make(EventTypes.Member, Bob, Bob, """{"membership":"join"}""");

        Check(room, pdu, Entries(room, pdu)).IsAllowed();
        AuthRules.CheckAgainstAuthEvents(pdu, Entries(room, pdu), room.Create, _ => false, AuthContext.SignaturesChecked).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void The_state_of_the_auth_events_decides_and_no_other(string version)
    {
        var room = new TestRoom(version).Levels().JoinRule("public");
        var levels = room.State[StateKey.PowerLevels];
        var withoutRules = room.Make(EventTypes.Member, Bob, Bob, """{"membership":"join"}""", auth: version == "12" ? [levels] : [room.Create, levels]);

        AuthRules.CheckAgainstAuthEvents(withoutRules, Entries(room, withoutRules), room.Create, _ => false, AuthContext.SignaturesChecked)
            .IsRejected("not invited");
    }

    [Theory, MemberData(nameof(All))]
    public void Two_entries_for_one_key_are_rejected(string version)
    {
        var room = new TestRoom(version).Levels();
        var first = room.State[StateKey.PowerLevels];
        room.Levels("""{"ban":60}""");
        var second = room.State[StateKey.PowerLevels];
        var member = room.State[StateKey.Member(UserId.Parse(Alice))];
        Pdu[] auth = version == "12" ? [first, second, member] : [room.Create, first, second, member];

        Check(room, room.Make(EventTypes.Message, Alice, null, "{}", auth: auth), auth).IsRejected("two entries");
    }

    [Theory, MemberData(nameof(All))]
    public void An_entry_that_is_not_selected_is_rejected(string version)
    {
        var room = new TestRoom(version).Levels().JoinRule("public");
        var auth = Entries(room, room.Make(EventTypes.Message, Alice, null, "{}")).Append(room.State[StateKey.JoinRules]).ToArray();

        Check(room, room.Make(EventTypes.Message, Alice, null, "{}", auth: auth), auth).IsRejected("does not belong");
    }

    [Theory, MemberData(nameof(All))]
    public void An_entry_that_is_no_state_event_is_rejected(string version)
    {
        var room = new TestRoom(version).Levels();
        var message = room.Make(EventTypes.Message, Alice, null, "{}");
        var auth = Entries(room, message).Append(message).ToArray();

        Check(room, room.Make(EventTypes.Message, Alice, null, "{}", auth: auth), auth).IsRejected("does not belong");
    }

    [Theory, MemberData(nameof(All))]
    public void A_rejected_entry_is_rejected(string version)
    {
        var room = new TestRoom(version).Levels();
        var pdu = room.Make(EventTypes.Message, Alice, null, "{}");

        AuthRules.CheckAuthEvents(pdu, Entries(room, pdu), e => e.Type == EventTypes.PowerLevels).IsRejected("rejected entry");
    }

    [Theory, MemberData(nameof(UntilV11))]
    public void An_event_without_create_among_its_auth_events_is_rejected_until_v11(string version)
    {
        var room = new TestRoom(version).Levels();
        Pdu[] auth = [room.State[StateKey.PowerLevels], room.State[StateKey.Member(UserId.Parse(Alice))]];

        Check(room, room.Make(EventTypes.Message, Alice, null, "{}", auth: auth), auth).IsRejected("no m.room.create");
    }

    [Fact]
    public void An_event_with_create_among_its_auth_events_is_rejected_since_v12()
    {
        var room = new TestRoom("12").Levels();
        Pdu[] auth = [room.Create, room.State[StateKey.Member(UserId.Parse(Alice))]];

        Check(room, room.Make(EventTypes.Message, Alice, null, "{}", auth: auth), auth).IsRejected("does not belong");
    }

    [Theory, MemberData(nameof(All))]
    public void An_entry_of_another_room_is_rejected(string version)
    {
        var room = new TestRoom(version).Levels();
        var pdu = room.Make(EventTypes.Message, Alice, null, "{}", roomId: version == "12" ? new TestRoom("12", """{"x":1}""").Create.RoomId.Value : "!other:a.test");

        Check(room, pdu, Entries(room, pdu)).IsRejected("another room");
    }

    [Theory, MemberData(nameof(All))]
    public void An_event_with_an_unknown_auth_event_is_rejected(string version)
    {
        var room = new TestRoom(version).Levels();
        var pdu = room.Make(EventTypes.Message, Alice, null, "{}");

        Check(room, pdu, [.. Entries(room, pdu).Skip(1)]).IsRejected("not known");
    }

    [Fact]
    public void A_rejected_create_event_makes_no_room_in_v12()
    {
        var room = new TestRoom("12").Levels();
        var pdu = room.Make(EventTypes.Message, Alice, null, "{}");

        AuthRules.CheckAgainstAuthEvents(pdu, Entries(room, pdu), room.Create, e => e == room.Create, AuthContext.SignaturesChecked)
            .IsRejected("no m.room.create");
        AuthRules.CheckAgainstAuthEvents(pdu, Entries(room, pdu), null, _ => false, AuthContext.SignaturesChecked).IsRejected("no m.room.create");
    }

    private static Verdict Check(TestRoom room, Pdu pdu, IReadOnlyList<Pdu> auth)
    {
        Assert.Equal(pdu.RoomId == room.Create.RoomId, auth.All(a => a.RoomId == pdu.RoomId));
        return AuthRules.CheckAuthEvents(pdu, auth, _ => false);
    }

    private static Pdu[] Entries(TestRoom room, Pdu pdu) =>
        [.. pdu.AuthEvents.Select(id => room.State.Values.Single(e => e.EventId == id))];

    private static IReadOnlyList<StateKey> Keys(string version, string type, string sender, string? stateKey, string content) =>
        AuthEventSelection.Keys(type, UserId.Parse(sender), stateKey, JsonElement.Parse(content), RoomVersions.Get(version));
}
