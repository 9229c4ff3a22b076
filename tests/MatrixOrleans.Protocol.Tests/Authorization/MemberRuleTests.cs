using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

/// <summary>Invite, leave, ban, knock; joins are in <see cref="JoinRuleTests"/>.</summary>
public class MemberRuleTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV6 => Versions.Until(6);

    public static TheoryData<string> SinceV7 => Versions.Since(7);

    [Theory, MemberData(nameof(All))]
    public void A_member_event_has_a_state_key_and_a_known_membership(string version)
    {
        var room = new TestRoom(version);

        room.Try(EventTypes.Member, Alice, null, """{"membership":"join"}""").IsRejected("state_key or membership");
        room.Try(EventTypes.Member, Alice, Alice, "{}").IsRejected("state_key or membership");
        room.Try(EventTypes.Member, Alice, Alice, """{"membership":1}""").IsRejected("unknown membership");
        room.Try(EventTypes.Member, Alice, Alice, """{"membership":"leaves"}""").IsRejected("unknown membership");
        room.Try(EventTypes.Member, Alice, "bob", """{"membership":"invite"}""").IsRejected("no user ID");
    }

    [Theory, MemberData(nameof(All))]
    public void An_invite_takes_a_joined_sender_with_the_invite_level(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "join").Levels("""{"invite":50}""");

        room.TryMember(Bob, Dave, "invite").IsAllowed();
        room.TryMember(Carol, Dave, "invite").IsRejected("may not invite");
        room.Member(Bob, "leave").TryMember(Bob, Dave, "invite").IsRejected("not in the room");
        new TestRoom(version).Member(Bob, "join").TryMember(Bob, Dave, "invite").IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void Who_is_joined_or_banned_cannot_be_invited(string version)
    {
        var room = new TestRoom(version).Levels();

        room.Member(Bob, "join").TryMember(Alice, Bob, "invite").IsRejected("in the room or banned");
        room.Member(Bob, "ban").TryMember(Alice, Bob, "invite").IsRejected("in the room or banned");
        room.Member(Bob, "invite").TryMember(Alice, Bob, "invite").IsAllowed();
        room.Member(Bob, "leave").TryMember(Alice, Bob, "invite").IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void Leaving_takes_an_invite_or_a_join(string version)
    {
        var room = new TestRoom(version);

        room.TryMember(Bob, Bob, "leave").IsRejected("nothing to leave");
        room.Member(Bob, "join").TryMember(Bob, Bob, "leave").IsAllowed();
        room.Member(Bob, "invite").TryMember(Bob, Bob, "leave").IsAllowed();
        room.Member(Bob, "leave").TryMember(Bob, Bob, "leave").IsRejected("nothing to leave");
        room.Member(Bob, "ban").TryMember(Bob, Bob, "leave").IsRejected("nothing to leave");
    }

    [Theory, MemberData(nameof(SinceV7))]
    public void A_knock_can_be_taken_back_since_v7(string version) =>
        new TestRoom(version).Member(Bob, "knock").TryMember(Bob, Bob, "leave").IsAllowed();

    [Theory, MemberData(nameof(UntilV6))]
    public void There_is_no_knock_to_take_back_until_v6(string version) =>
        new TestRoom(version).Member(Bob, "knock").TryMember(Bob, Bob, "leave").IsRejected("nothing to leave");

    [Theory, MemberData(nameof(All))]
    public void Kicking_takes_the_kick_level_and_a_lower_target(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "join").Levels();

        room.TryMember(Bob, Carol, "leave").IsAllowed();
        room.TryMember(Bob, Alice, "leave").IsRejected("may not kick");
        room.TryMember(Carol, Dave, "leave").IsRejected("may not kick");
        room.Levels($$"""{"users":{"{{Bob}}":50,"{{Carol}}":50} }""").TryMember(Bob, Carol, "leave").IsRejected("may not kick");
        room.Member(Bob, "leave").TryMember(Bob, Carol, "leave").IsRejected("not in the room");
    }

    [Theory, MemberData(nameof(All))]
    public void Unbanning_takes_the_ban_level_too(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "ban").Levels("""{"ban":60,"kick":40}""");

        room.TryMember(Bob, Carol, "leave").IsRejected("may not unban");
        room.TryMember(Alice, Carol, "leave").IsAllowed();
        room.Levels("""{"ban":40,"kick":60}""").TryMember(Bob, Carol, "leave").IsRejected("may not kick");
    }

    [Theory, MemberData(nameof(All))]
    public void Banning_takes_the_ban_level_and_a_lower_target(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join").Member(Carol, "join").Levels();

        room.TryMember(Bob, Carol, "ban").IsAllowed();
        room.TryMember(Bob, Dave, "ban").IsAllowed();
        room.TryMember(Bob, Alice, "ban").IsRejected("may not ban");
        room.TryMember(Bob, Bob, "ban").IsRejected("may not ban");
        room.TryMember(Carol, Dave, "ban").IsRejected("may not ban");
        room.Member(Bob, "invite").TryMember(Bob, Carol, "ban").IsRejected("not in the room");
    }

    [Theory, MemberData(nameof(UntilV6))]
    public void Nobody_knocks_until_v6(string version) =>
        new TestRoom(version).JoinRule("knock").TryMember(Bob, Bob, "knock").IsRejected("unknown membership");

    [Theory, MemberData(nameof(SinceV7))]
    public void Knocking_takes_the_join_rule_knock_since_v7(string version)
    {
        var room = new TestRoom(version);
        foreach (var rule in new[] { "invite", "public", "restricted", "private" })
        {
            room.JoinRule(rule).TryMember(Bob, Bob, "knock").IsRejected("join rule");
        }

        room.JoinRule("knock").TryMember(Bob, Bob, "knock").IsAllowed();
        room.TryMember(Alice, Bob, "knock").IsRejected("somebody else");
        room.Member(Bob, "knock").TryMember(Bob, Bob, "knock").IsAllowed();
        room.Member(Bob, "leave").TryMember(Bob, Bob, "knock").IsAllowed();
        foreach (var membership in new[] { "ban", "invite", "join" })
        {
            room.Member(Bob, membership).TryMember(Bob, Bob, "knock").IsRejected("banned, invited or joined");
        }
    }

    [Theory, MemberData(nameof(SinceV7))]
    public void Knocking_on_knock_restricted_rooms_is_since_v10(string version)
    {
        var verdict = new TestRoom(version).JoinRule("knock_restricted").TryMember(Bob, Bob, "knock");

        Assert.Equal(version is "10" or "11" or "12", verdict.Allowed);
    }

    [Fact]
    public void Additional_creators_are_above_everybody_in_v12()
    {
        var room = new TestRoom("12", $$"""{"additional_creators":["{{Carol}}"]}""").Member(Bob, "join").Member(Carol, "join")
            .Levels($$"""{"users":{"{{Bob}}":9007199254740991} }""");

        room.TryMember(Carol, Bob, "ban").IsAllowed();
        room.TryMember(Bob, Carol, "ban").IsRejected("may not ban");
        room.TryMember(Carol, Alice, "ban").IsRejected("may not ban");
    }

    [Fact]
    public void Only_members_with_an_authorising_user_ask_for_a_signature()
    {
        var asked = new List<string>();
        var room = new TestRoom("11") { Context = new AuthContext { SignedBy = (_, server) => Ask(server) } }.Levels().JoinRule("public");

        room.TryJoin(Bob).IsAllowed();
        room.TryMember(Alice, Bob, "ban").IsAllowed();
        Assert.Empty(asked);
        room.TryJoin(Bob, $$"""{"join_authorised_via_users_server":"{{Carol}}"}""").IsAllowed();
        Assert.Equal(["c.test"], asked);

        bool Ask(ServerName server)
        {
            asked.Add(server.Value);
            return true;
        }
    }
}
