using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

/// <summary>Who may change the power levels, and to what. Bob has 50 in a room where Carol has 40, Dave 50 and the creator more.</summary>
public class PowerLevelRuleTests
{
    private const string Users = $$"""
        "users":{"{{Bob}}":50,"{{Carol}}":40,"{{Dave}}":50}
        """;

    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV5 => Versions.Until(5);

    public static TheoryData<string> SinceV6 => Versions.Since(6);

    public static TheoryData<string> UntilV9 => Versions.Until(9);

    public static TheoryData<string> SinceV10 => Versions.Since(10);

    public static TheoryData<string> Named => ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];

    [Theory, MemberData(nameof(All))]
    public void The_first_power_levels_may_say_anything(string version)
    {
        var room = new TestRoom(version).Member(Bob, "join");

        room.TryLevels(Alice, $$"""{"users":{"{{Bob}}":1000},"ban":1000}""").IsAllowed();
        room.TryLevels(Alice, "{}").IsAllowed();
        room.TryLevels(Bob, "{}").IsRejected("of this type");
    }

    [Theory, MemberData(nameof(All))]
    public void Users_are_user_ids_with_integers(string version)
    {
        var room = new TestRoom(version);
        foreach (var users in new[] { "[]", "null", "{\"bob\":1}", "{\"@bob:b.test\":null}", "{\"@bob:b.test\":\"x\"}", "{\"@bob:b.test\":\"1.5\"}", "{\"@bob:b.test\":true}", "{\"@bob:b.test\":{}}" })
        {
            room.TryLevels(Alice, $$"""{"users":{{users}} }""").IsRejected("users");
        }
    }

    [Theory, MemberData(nameof(UntilV9))]
    public void Strings_are_integers_until_v9(string version)
    {
        var room = new TestRoom(version);

        room.TryLevels(Alice, $$"""{"users":{"{{Bob}}":" +1 "},"ban":"60","events":{"x":"1"} }""").IsAllowed();
        room.TryLevels(Alice, """{"ban":"sixty"}""").IsRejected("no integer");
    }

    [Theory, MemberData(nameof(SinceV10))]
    public void Only_integers_are_integers_since_v10(string version)
    {
        var room = new TestRoom(version);

        room.TryLevels(Alice, $$"""{"users":{"{{Bob}}":"1"} }""").IsRejected("no integer");
        foreach (var name in Named)
        {
            room.TryLevels(Alice, $$"""{"{{name.Data}}":"1"}""").IsRejected("no integer");
            room.TryLevels(Alice, $$"""{"{{name.Data}}":null}""").IsRejected("no integer");
            room.TryLevels(Alice, $$"""{"{{name.Data}}":1}""").IsAllowed();
        }

        foreach (var name in new[] { "events", "notifications" })
        {
            room.TryLevels(Alice, $$"""{"{{name}}":[]}""").IsRejected("no object");
            room.TryLevels(Alice, $$"""{"{{name}}":{"x":"1"} }""").IsRejected("no integer");
            room.TryLevels(Alice, $$"""{"{{name}}":{"x":1} }""").IsAllowed();
        }
    }

    [Theory, MemberData(nameof(UntilV5))]
    public void A_level_beyond_a_double_is_rejected_until_v5(string version)
    {
        var room = new TestRoom(version);

        // The builder writes no such number; it stands in an event that came from elsewhere.
        room.TryLevels(Alice, """{"ban":1e300}""").IsAllowed();
        room.TryLevels(Alice, """{"users":{"@bob:b.test":"Infinity"}}""").IsRejected("no integer");
        room.TryLevels(Alice, """{"notifications":"whatever"}""").IsAllowed();
    }

    [Fact]
    public void Creators_are_not_named_in_v12()
    {
        var room = new TestRoom("12", $$"""{"additional_creators":["{{Bob}}"]}""").Member(Bob, "join");

        room.TryLevels(Alice, $$"""{"users":{"{{Alice}}":100} }""").IsRejected("creator");
        room.TryLevels(Alice, $$"""{"users":{"{{Bob}}":100} }""").IsRejected("creator");
        room.TryLevels(Bob, $$"""{"users":{"{{Carol}}":100} }""").IsAllowed();
    }

    [Theory, MemberData(nameof(Named))]
    public void A_single_level_is_changed_up_to_ones_own(string name)
    {
        foreach (var version in Versions.All)
        {
            var room = Room(version.Data, $$"""{"{{name}}":40,{{Users}} }""");
            room.TryLevels(Bob, $$"""{"{{name}}":50,{{Users}} }""").IsAllowed();
            room.TryLevels(Bob, $$"""{"{{name}}":51,{{Users}} }""").IsRejected("a changed level");
            room.TryLevels(Bob, $$"""{ {{Users}} }""").IsAllowed();

            if (name != "users_default" && name != "state_default")
            {
                room = Room(version.Data, $$"""{"{{name}}":60,{{Users}} }""");
                room.TryLevels(Bob, $$"""{"{{name}}":60,{{Users}} }""").IsAllowed();
                room.TryLevels(Bob, $$"""{"{{name}}":10,{{Users}} }""").IsRejected("a changed level");
                room.TryLevels(Bob, $$"""{ {{Users}} }""").IsRejected("a changed level");
            }

            room = Room(version.Data, $$"""{ {{Users}} }""");
            room.TryLevels(Bob, $$"""{"{{name}}":50,{{Users}} }""").IsAllowed();
            room.TryLevels(Bob, $$"""{"{{name}}":51,{{Users}} }""").IsRejected("a changed level");
        }
    }

    [Theory, MemberData(nameof(All))]
    public void The_level_of_an_event_type_is_changed_up_to_ones_own(string version)
    {
        var room = Room(version, $$"""{"events":{"low":10,"high":60},{{Users}} }""");

        room.TryLevels(Bob, $$"""{"events":{"low":50,"high":60,"new":50},{{Users}} }""").IsAllowed();
        room.TryLevels(Bob, $$"""{"events":{"high":60},{{Users}} }""").IsAllowed();
        room.TryLevels(Bob, $$"""{"events":{"low":51,"high":60},{{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{"events":{"low":10,"high":50},{{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{"events":{"low":10},{{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{ {{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{"events":{"low":10,"high":60,"new":51},{{Users}} }""").IsRejected("event type or notification");
    }

    [Theory, MemberData(nameof(SinceV6))]
    public void The_level_of_a_notification_is_changed_up_to_ones_own_since_v6(string version)
    {
        var room = Room(version, $$"""{"notifications":{"room":60},{{Users}} }""");

        room.TryLevels(Bob, $$"""{"notifications":{"room":60,"new":50},{{Users}} }""").IsAllowed();
        room.TryLevels(Bob, $$"""{"notifications":{"room":60,"new":51},{{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{"notifications":{"room":50},{{Users}} }""").IsRejected("event type or notification");
        room.TryLevels(Bob, $$"""{ {{Users}} }""").IsRejected("event type or notification");
    }

    [Theory, MemberData(nameof(UntilV5))]
    public void Notifications_are_free_until_v5(string version) =>
        Room(version, $$"""{"notifications":{"room":60},{{Users}} }""")
            .TryLevels(Bob, $$"""{"notifications":{"room":10,"new":99},{{Users}} }""").IsAllowed();

    [Theory, MemberData(nameof(All))]
    public void Others_are_changed_only_from_below_and_up_to_ones_own_level(string version)
    {
        var room = Room(version, $$"""{ {{Users}} }""");

        Change(room, 50, 50, 50).IsAllowed();
        Change(room, 50, -1, 50).IsAllowed();
        Change(room, 50, 51, 50).IsRejected("level of a user");
        Change(room, 50, 40, 40).IsRejected("level of a user");
        room.TryLevels(Bob, $$"""{"users":{"{{Bob}}":50,"{{Carol}}":40} }""").IsRejected("level of a user");
        room.TryLevels(Bob, $$"""{"users":{"{{Bob}}":50,"{{Dave}}":50} }""").IsAllowed();
        room.TryLevels(Bob, """{}""").IsRejected("level of a user");
    }

    [Theory, MemberData(nameof(All))]
    public void One_may_lower_oneself_but_not_rise(string version)
    {
        var room = Room(version, $$"""{ {{Users}} }""");

        Change(room, 10, 40, 50).IsAllowed();
        room.TryLevels(Bob, $$"""{"users":{"{{Carol}}":40,"{{Dave}}":50} }""").IsAllowed();
        Change(room, 51, 40, 50).IsRejected("level of a user");
    }

    [Fact]
    public void A_creator_changes_everything_in_v12()
    {
        var room = Room("12", $$"""{"ban":9007199254740991,"users":{"{{Bob}}":9007199254740991} }""");

        room.TryLevels(Alice, """{"ban":5}""").IsAllowed();
    }

    [Fact]
    public void An_equal_level_in_other_writing_is_no_change()
    {
        var room = Room("1", $$"""{"ban":60,{{Users}} }""");

        room.TryLevels(Bob, $$"""{"ban":"060",{{Users}} }""").IsAllowed();
        room.TryLevels(Bob, $$"""{"ban":60.5,{{Users}} }""").IsAllowed();
    }

    private static Protocol.Authorization.Verdict Change(TestRoom room, int bob, int carol, int dave) =>
        room.TryLevels(Bob, $$"""{"users":{"{{Bob}}":{{bob}},"{{Carol}}":{{carol}},"{{Dave}}":{{dave}}} }""");

    private static TestRoom Room(string version, string levels)
    {
        var room = new TestRoom(version).Member(Bob, "join");
        room.Put("m.room.power_levels", Alice, "", levels);
        return room;
    }
}
