using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

public class CreateRuleTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV10 => Versions.Until(10);

    public static TheoryData<string> UntilV11 => Versions.Until(11);

    [Theory, MemberData(nameof(All))]
    public void A_create_event_is_allowed_without_any_state(string version)
    {
        var room = new TestRoom(version);

        room.Check(room.Create).IsAllowed();

        Assert.Empty(room.Asked);
    }

    [Theory, MemberData(nameof(All))]
    public void A_create_event_with_prev_events_is_rejected(string version)
    {
        var room = new TestRoom(version);
        var second = room.Make(EventTypes.Create, Alice, "", TestEvents.CreateContent(room.Version, "{}"), prev: [room.Create], auth: []);

        room.Check(second).IsRejected("prev_events");
    }

    [Theory, MemberData(nameof(UntilV11))]
    public void The_room_ids_domain_must_be_the_senders(string version)
    {
        var room = new TestRoom(version);
        var foreign = room.Make(EventTypes.Create, Bob, "", TestEvents.CreateContent(room.Version, "{}"), prev: [], auth: []);

        room.Check(foreign).IsRejected("domain of room_id");
    }

    [Fact]
    public void A_create_event_with_a_room_id_is_rejected_since_v12()
    {
        var room = new TestRoom("12");
        var named = room.Make(
            EventTypes.Create, Alice, "", TestEvents.CreateContent(room.Version, "{}"), prev: [], auth: [], roomId: room.Create.RoomId.Value);

        room.Check(named).IsRejected("has a room_id");
    }

    [Theory, MemberData(nameof(All))]
    public void An_unknown_room_version_is_rejected(string version)
    {
        var room = new TestRoom(version);
        foreach (var stated in new[] { "\"unheard-of\"", "12", "null" })
        {
            var create = room.Make(EventTypes.Create, Alice, "", TestEvents.CreateContent(room.Version, $$"""{"room_version":{{stated}}}"""), prev: [], auth: []);

            room.Check(create).IsRejected("room_version");
        }
    }

    [Fact]
    public void Without_room_version_a_room_is_of_version_1()
    {
        var first = new TestRoom("1");
        var create = first.Make(EventTypes.Create, Alice, "", $$"""{"creator":"{{Alice}}"}""", prev: [], auth: []);
        first.Check(create).IsAllowed();

        var second = new TestRoom("10");
        create = second.Make(EventTypes.Create, Alice, "", $$"""{"creator":"{{Alice}}"}""", prev: [], auth: []);
        second.Check(create).IsRejected("room_version");
    }

    [Theory, MemberData(nameof(UntilV10))]
    public void A_create_event_names_its_creator_until_v10(string version)
    {
        var room = new TestRoom(version);
        var create = room.Make(EventTypes.Create, Alice, "", $$"""{"room_version":"{{version}}"}""", prev: [], auth: []);

        room.Check(create).IsRejected("creator");
    }

    [Fact]
    public void Additional_creators_are_user_ids_since_v12()
    {
        foreach (var creators in new[] { "\"@bob:b.test\"", "[1]", "[\"bob\"]", "[\"@bob:b.test\",null]", "null" })
        {
            var room = new TestRoom("12", $$"""{"additional_creators":{{creators}}}""");

            room.Check(room.Create).IsRejected("additional_creators");
        }

        var fine = new TestRoom("12", """{"additional_creators":["@bob:b.test"]}""");
        fine.Check(fine.Create).IsAllowed();
        var before = new TestRoom("11", """{"additional_creators":"whatever"}""");
        before.Check(before.Create).IsAllowed();
    }
}
