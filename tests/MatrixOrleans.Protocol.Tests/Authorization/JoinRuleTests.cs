using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

public class JoinRuleTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV7 => Versions.Until(7);

    public static TheoryData<string> SinceV8 => Versions.Since(8);

    public static TheoryData<string> SinceV10 => Versions.Since(10);

    [Theory, MemberData(nameof(All))]
    public void The_creator_joins_right_after_the_create_event(string version)
    {
        var room = new TestRoom(version, bare: true);

        room.TryJoin(Alice).IsAllowed();
        room.TryJoin(Bob).IsRejected("not invited");
    }

    [Fact]
    public void The_creator_is_the_one_in_the_content_until_v10_and_the_sender_since_v11()
    {
        new TestRoom("10", """{"creator":"@anna:a.test"}""", bare: true).TryJoin("@anna:a.test").IsAllowed();
        new TestRoom("10", """{"creator":"@anna:a.test"}""", bare: true).TryJoin(Alice).IsRejected("not invited");
        new TestRoom("11", """{"creator":"@anna:a.test"}""", bare: true).TryJoin(Alice).IsAllowed();
        new TestRoom("12", $$"""{"additional_creators":["{{Bob}}"]}""", bare: true).TryJoin(Bob).IsRejected("not invited");
    }

    [Theory, MemberData(nameof(All))]
    public void Later_the_creator_needs_an_invite_like_everybody(string version)
    {
        var room = new TestRoom(version).JoinRule("invite").Member(Alice, "leave");

        room.TryJoin(Alice).IsRejected("not invited");
    }

    [Theory, MemberData(nameof(All))]
    public void Nobody_joins_for_somebody_else(string version)
    {
        var room = new TestRoom(version).JoinRule("public");

        room.TryMember(Alice, Bob, "join").IsRejected("somebody else");
    }

    [Theory, MemberData(nameof(All))]
    public void A_banned_user_does_not_join(string version)
    {
        var room = new TestRoom(version).JoinRule("public").Member(Bob, "ban");

        room.TryJoin(Bob).IsRejected("banned");
    }

    [Theory, MemberData(nameof(All))]
    public void A_public_room_is_open(string version)
    {
        var room = new TestRoom(version).JoinRule("public");

        room.TryJoin(Bob).IsAllowed();
        room.Member(Bob, "leave").TryJoin(Bob).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void An_invite_room_takes_the_invited_and_the_joined(string version)
    {
        var room = new TestRoom(version).JoinRule("invite");

        room.TryJoin(Bob).IsRejected("not invited");
        room.Member(Bob, "invite").TryJoin(Bob).IsAllowed();
        room.Member(Bob, "join").TryJoin(Bob).IsAllowed();
        room.Member(Bob, "leave").TryJoin(Bob).IsRejected("not invited");
        room.Member(Bob, "knock").TryJoin(Bob).IsRejected("not invited");
    }

    [Theory, MemberData(nameof(All))]
    public void Without_a_join_rule_the_room_is_an_invite_room(string version)
    {
        var room = new TestRoom(version);

        room.TryJoin(Bob).IsRejected("not invited");
        room.Put(EventTypes.JoinRules, Alice, "", "{}");
        room.Member(Bob, "invite").TryJoin(Bob).IsAllowed();
    }

    [Theory, MemberData(nameof(All))]
    public void An_unknown_join_rule_lets_nobody_in(string version)
    {
        var room = new TestRoom(version).JoinRule("private").Member(Bob, "invite");

        room.TryJoin(Bob).IsRejected("join rule");
        room.Put(EventTypes.JoinRules, Alice, "", """{"join_rule":1}""");
        room.TryJoin(Bob).IsRejected("join rule");
    }

    [Theory, MemberData(nameof(All))]
    public void The_join_rule_knock_is_like_invite_since_v7(string version)
    {
        var room = new TestRoom(version).JoinRule("knock").Member(Bob, "invite");

        Assert.Equal(int.Parse(version) >= 7, room.TryJoin(Bob).Allowed);
        Assert.False(room.Member(Bob, "knock").TryJoin(Bob).Allowed);
    }

    [Theory, MemberData(nameof(UntilV7))]
    public void Restricted_is_unknown_until_v7(string version)
    {
        var room = new TestRoom(version).JoinRule("restricted").Member(Bob, "invite");

        room.TryJoin(Bob).IsRejected("join rule");
    }

    [Theory, MemberData(nameof(SinceV8))]
    public void A_restricted_room_takes_the_invited_and_the_authorised(string version) => Restricted(version, "restricted");

    [Theory, MemberData(nameof(SinceV10))]
    public void A_knock_restricted_room_takes_the_invited_and_the_authorised_since_v10(string version) => Restricted(version, "knock_restricted");

    [Fact]
    public void Knock_restricted_is_unknown_until_v9() =>
        new TestRoom("9").JoinRule("knock_restricted").Member(Bob, "invite").TryJoin(Bob).IsRejected("join rule");

    [Theory, MemberData(nameof(SinceV8))]
    public void The_authorising_users_server_must_have_signed(string version)
    {
        var room = new TestRoom(version) { Context = new AuthContext { SignedBy = (_, server) => server.Value == "a.test" } }
            .JoinRule("restricted").Member(Carol, "join");

        room.TryJoin(Bob, $$"""{"join_authorised_via_users_server":"{{Alice}}"}""").IsAllowed();
        room.TryJoin(Bob, $$"""{"join_authorised_via_users_server":"{{Carol}}"}""").IsRejected("signed");
        room.TryJoin(Bob, """{"join_authorised_via_users_server":"alice"}""").IsRejected("signed");
        room.Member(Bob, "join").TryMember(Bob, Bob, "leave", $$"""{"join_authorised_via_users_server":"{{Carol}}"}""").IsRejected("signed");
    }

    [Theory, MemberData(nameof(UntilV7))]
    public void Until_v7_nobody_asks_for_that_signature(string version)
    {
        var room = new TestRoom(version) { Context = new AuthContext { SignedBy = (_, _) => false } }.JoinRule("public");

        room.TryJoin(Bob, $$"""{"join_authorised_via_users_server":"{{Carol}}"}""").IsAllowed();
    }

    private static void Restricted(string version, string rule)
    {
        var room = new TestRoom(version).JoinRule(rule).Levels("""{"invite":50}""").Member(Carol, "join");
        room.TryJoin(Dave).IsRejected("authorised");
        room.TryJoin(Dave, $$"""{"join_authorised_via_users_server":"{{Alice}}"}""").IsAllowed();
        room.TryJoin(Dave, $$"""{"join_authorised_via_users_server":"{{Carol}}"}""").IsRejected("authorised");
        room.TryJoin(Dave, $$"""{"join_authorised_via_users_server":"{{Bob}}"}""").IsRejected("authorised");
        room.Member(Bob, "join").TryJoin(Dave, $$"""{"join_authorised_via_users_server":"{{Bob}}"}""").IsAllowed();
        room.Member(Dave, "ban").TryJoin(Dave, $$"""{"join_authorised_via_users_server":"{{Alice}}"}""").IsRejected("banned");
        room.Member(Dave, "invite").TryJoin(Dave).IsAllowed();
        room.Member(Dave, "join").TryJoin(Dave).IsAllowed();
    }
}
