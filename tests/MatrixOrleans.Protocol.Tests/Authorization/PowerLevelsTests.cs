using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.Authorization;

/// <summary>What a power level event means.</summary>
public class PowerLevelsTests
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> UntilV11 => Versions.Until(11);

    [Theory, MemberData(nameof(All))]
    public void Without_an_event_the_defaults_hold(string version)
    {
        var levels = PowerLevels.Of(new TestRoom(version).Create, null);

        Assert.Equal(version == "12" ? PowerLevels.Creator : 100, levels.UserLevel(UserId.Parse(Alice)));
        Assert.Equal(0, levels.UserLevel(UserId.Parse(Bob)));
        AssertDefaults(levels);
    }

    [Theory, MemberData(nameof(All))]
    public void An_empty_event_takes_the_creators_level_but_for_v12(string version)
    {
        var levels = Read(version, """{"users":{}}""");

        Assert.Equal(version == "12" ? PowerLevels.Creator : 0, levels.UserLevel(UserId.Parse(Alice)));
        AssertDefaults(levels);
    }

    [Theory, MemberData(nameof(All))]
    public void Every_level_can_be_stated(string version)
    {
        var levels = Read(version, $$"""
            {"users":{"{{Bob}}":7},"users_default":1,"events":{"m.room.name":8},"events_default":2,"state_default":3,
             "ban":4,"kick":5,"redact":6,"invite":9,"notifications":{"room":10} }
            """);

        Assert.Equal(7, levels.UserLevel(UserId.Parse(Bob)));
        Assert.Equal(1, levels.UserLevel(UserId.Parse(Carol)));
        Assert.Equal(8, levels.RequiredFor(EventTypes.Name, isState: true));
        Assert.Equal(8, levels.RequiredFor(EventTypes.Name, isState: false));
        Assert.Equal(2, levels.RequiredFor(EventTypes.Message, isState: false));
        Assert.Equal(3, levels.RequiredFor(EventTypes.Topic, isState: true));
        Assert.Equal((4, 5, 6, 9), (levels.Ban, levels.Kick, levels.Redact, levels.Invite));
        Assert.Equal(10, levels.Notification("room"));
        Assert.Equal(50, levels.Notification("other"));
    }

    [Theory]
    [InlineData("\"100\"", 100)]
    [InlineData("\" 00100 \"", 100)]
    [InlineData("\"+100\"", 100)]
    [InlineData("\" -100 \"", -100)]
    [InlineData("\"99999999999999999999999\"", long.MaxValue - 1)]
    public void Levels_may_be_strings_until_v9(string text, long level)
    {
        foreach (var version in Versions.Until(9))
        {
            Assert.Equal(level, Read(version.Data, $$"""{"ban":{{text}} }""").Ban);
        }

        Assert.Equal(50, Read("10", $$"""{"ban":{{text}} }""").Ban);
    }

    [Theory]
    [InlineData("5.114698E4", 51146)]
    [InlineData("50.57", 50)]
    [InlineData("-50.57", -50)]
    [InlineData("1e300", long.MaxValue - 1)]
    public void Levels_may_be_floats_until_v5(string text, long level)
    {
        foreach (var version in Versions.Until(5))
        {
            Assert.Equal(level, Read(version.Data, $$"""{"ban":{{text}} }""").Ban);
        }
    }

    [Theory, MemberData(nameof(UntilV11))]
    public void There_is_one_creator_until_v11(string version)
    {
        var room = new TestRoom(version, """{"creator":"@anna:a.test","additional_creators":["@bob:b.test"]}""");

        Assert.Equal([UserId.Parse(version == "11" ? Alice : "@anna:a.test")], PowerLevels.Of(room.Create, null).Creators);
    }

    [Fact]
    public void Creators_of_v12_are_the_sender_and_the_additional_ones()
    {
        var room = new TestRoom("12", $$"""{"creator":"@anna:a.test","additional_creators":["{{Bob}}","{{Alice}}"]}""");
        var levels = PowerLevels.Of(room.Create, room.Put(EventTypes.PowerLevels, Alice, "", $$"""{"users":{"{{Bob}}":5} }"""));

        Assert.Equal([UserId.Parse(Alice), UserId.Parse(Bob)], levels.Creators);
        Assert.Equal(PowerLevels.Creator, levels.UserLevel(UserId.Parse(Bob)));
        Assert.True(levels.IsCreator(UserId.Parse(Bob)));
        Assert.False(levels.IsCreator(UserId.Parse(Carol)));
    }

    private static PowerLevels Read(string version, string content)
    {
        var room = new TestRoom(version);
        return PowerLevels.Of(room.Create, room.Put(EventTypes.PowerLevels, Alice, "", content));
    }

    private static void AssertDefaults(PowerLevels levels)
    {
        Assert.Equal((50, 50, 50, 0), (levels.Ban, levels.Kick, levels.Redact, levels.Invite));
        Assert.Equal((0, 0, 50), (levels.UsersDefault, levels.EventsDefault, levels.StateDefault));
        Assert.Equal(50, levels.Notification("room"));
    }
}
