using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

/// <summary>The rules that are not about one type: create event, federation, membership and level of the sender, state keys.</summary>
public class RoomRuleTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV2 => Versions.Until(2);

    public static TheoryData<string> SinceV3 => Versions.Since(3);

    public static TheoryData<string> UntilV5 => Versions.Until(5);

    public static TheoryData<string> SinceV6 => Versions.Since(6);

    [Theory, MemberData(nameof(All))]
    public void A_message_of_a_joined_user_is_allowed_and_costs_three_looks(string version)
    {
        var room = new TestRoom(version).Levels().Member(Bob, "join");

        room.Try(EventTypes.Message, Bob, null).IsAllowed();

        Assert.Equal([StateKey.Create, StateKey.Member(UserId.Parse(Bob)), StateKey.PowerLevels], room.Asked);
    }

    [Theory, MemberData(nameof(All))]
    public void Nothing_is_allowed_without_a_create_event(string version)
    {
        var room = new TestRoom(version);
        room.State.Remove(StateKey.Create);

        room.Try(EventTypes.Message, Alice, null).IsRejected("no m.room.create");
    }

    [Fact]
    public void The_room_id_is_that_of_the_create_event_since_v12()
    {
        var room = new TestRoom("12");
        var other = new TestRoom("12", """{"x":1}""");

        room.Check(other.Make(EventTypes.Message, Alice, null, "{}")).IsRejected("room_id");
    }

    [Theory, MemberData(nameof(All))]
    public void A_room_that_does_not_federate_takes_only_events_of_the_creators_server(string version)
    {
        var room = new TestRoom(version, """{"m.federate":false}""").JoinRule("public");

        room.TryJoin(Bob).IsRejected("federate");
        room.TryJoin("@anna:a.test").IsAllowed();
        new TestRoom(version, """{"m.federate":true}""").JoinRule("public").TryJoin(Bob).IsAllowed();
    }

    [Theory, MemberData(nameof(UntilV5))]
    public void Aliases_may_be_set_by_any_server_for_itself_until_v5(string version)
    {
        var room = new TestRoom(version);

        room.Try(EventTypes.Aliases, Bob, "b.test").IsAllowed();
        room.Try(EventTypes.Aliases, Bob, "a.test").IsRejected("domain");
        room.Try(EventTypes.Aliases, Bob, null).IsRejected("state_key");
    }

    [Theory, MemberData(nameof(SinceV6))]
    public void Aliases_are_state_like_any_other_since_v6(string version)
    {
        var room = new TestRoom(version).Levels();

        room.Try(EventTypes.Aliases, Bob, "b.test").IsRejected("not in the room");
        room.Member(Bob, "join").Try(EventTypes.Aliases, Bob, "a.test").IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void Only_joined_users_send(string version)
    {
        var room = new TestRoom(version);
        room.Try(EventTypes.Message, Bob, null).IsRejected("not in the room");
        foreach (var membership in new[] { "invite", "leave", "ban", "knock" })
        {
            room.Member(Bob, membership).Try(EventTypes.Message, Bob, null).IsRejected("not in the room");
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Sending_takes_the_level_of_the_type(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "join")
            .Levels("""{"events":{"m.room.name":10,"org.loud":51},"events_default":0,"state_default":40}""");

        room.Try(EventTypes.Topic, Carol, "").IsRejected("of this type");
        room.Try(EventTypes.Topic, Bob, "").IsAllowed();
        room.Try(EventTypes.Name, Carol, "").IsRejected("of this type");
        room.Try(EventTypes.Message, Carol, null).IsAllowed();
        room.Try("org.loud", Bob, null).IsRejected("of this type");
        room.Try("org.loud", Alice, null).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void Without_power_levels_only_the_creator_sends_state(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join");

        room.Try(EventTypes.Topic, Alice, "").IsAllowed();
        room.Try(EventTypes.Topic, Bob, "").IsRejected("of this type");
        room.Try(EventTypes.Message, Bob, null).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void A_state_key_that_is_a_user_id_belongs_to_that_user(string version)
    {
        var room = new TestRoom(version).Levels().Member(Bob, "join");

        room.Try("org.own", Bob, Bob).IsAllowed();
        room.Try("org.own", Bob, "bob").IsAllowed();
        room.Try("org.own", Bob, Alice).IsRejected("another user");
        room.Try("org.own", Alice, "@x").IsRejected("another user");
    }

    [Theory, MemberData(nameof(All))]
    public void A_third_party_invite_takes_the_invite_level_and_no_other(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "join").Levels("""{"invite":50,"events":{"m.room.third_party_invite":99}}""");

        room.Try(EventTypes.ThirdPartyInvite, Bob, "token").IsAllowed();
        room.Try(EventTypes.ThirdPartyInvite, Carol, "token").IsRejected("may not invite");
        room.Try(EventTypes.ThirdPartyInvite, Dave, "token").IsRejected("not in the room");
    }

    [Theory, MemberData(nameof(UntilV2))]
    public void A_redaction_takes_the_redact_level_or_an_event_of_the_same_server_until_v2(string version)
    {
        var room = new TestRoom(version).Levels().Member(Bob, "join").Member(Carol, "join");
        var ofCarol = room.Make(EventTypes.Message, Carol, null, "{}");
        var ofAlice = room.Make(EventTypes.Message, Alice, null, "{}");

        room.Check(room.Make(EventTypes.Redaction, Carol, null, "{}", redacts: ofCarol.EventId)).IsAllowed();
        room.Check(room.Make(EventTypes.Redaction, Carol, null, "{}", redacts: ofAlice.EventId)).IsRejected("redact");
        room.Check(room.Make(EventTypes.Redaction, Bob, null, "{}", redacts: ofAlice.EventId)).IsAllowed();
        room.Check(room.Make(EventTypes.Redaction, Carol, null, "{}")).IsRejected("redact");
    }

    [Theory, MemberData(nameof(SinceV3))]
    public void A_redaction_is_an_event_like_any_other_since_v3(string version)
    {
        var room = new TestRoom(version).Levels().Member(Carol, "join");
        var ofAlice = room.Make(EventTypes.Message, Alice, null, "{}");

        room.Check(room.Make(EventTypes.Redaction, Carol, null, "{}", redacts: ofAlice.EventId)).IsAllowed();
        room.Levels("""{"events":{"m.room.redaction":1}}""");
        room.Check(room.Make(EventTypes.Redaction, Carol, null, "{}", redacts: ofAlice.EventId)).IsRejected("of this type");
    }
}
