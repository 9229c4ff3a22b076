using CsCheck;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Tests.Events;
using MatrixOrleans.Protocol.Visibility;

namespace MatrixOrleans.Protocol.Tests.Visibility;

public sealed class EventVisibilityTests
{
    private static Pdu Visibility(string text) =>
        SampleEvents.Make(EventTypes.HistoryVisibility, $$"""{"history_visibility":"{{text}}"}""", stateKey: "");

    private static Pdu Member(UserId user, string membership) =>
        SampleEvents.Make(EventTypes.Member, $$"""{"membership":"{{membership}}"}""", stateKey: user.Value, sender: user);

    private static bool Sees(Pdu pdu, string? visibility, string? membership, bool joinedLater = false) =>
        EventVisibility.Of(
            pdu,
            SampleEvents.Bob,
            visibility is null ? null : Visibility(visibility),
            membership is null ? null : Member(SampleEvents.Bob, membership),
            joinedLater).Allows;

    [Theory]
    [InlineData("world_readable", null, false, true)]
    [InlineData("world_readable", "ban", false, true)]
    [InlineData("shared", "join", false, true)]
    [InlineData("shared", null, false, false)]
    [InlineData("shared", null, true, true)]
    [InlineData("shared", "invite", false, false)]
    [InlineData("shared", "leave", true, true)]
    [InlineData("shared", "leave", false, false)]
    [InlineData("shared", "ban", false, false)]
    [InlineData("invited", "invite", false, true)]
    [InlineData("invited", "join", false, true)]
    [InlineData("invited", "knock", true, false)]
    [InlineData("invited", null, true, false)]
    [InlineData("invited", "leave", true, false)]
    [InlineData("joined", "join", false, true)]
    [InlineData("joined", "invite", true, false)]
    [InlineData("joined", null, true, false)]
    [InlineData("joined", "leave", false, false)]
    [InlineData(null, null, true, true)]
    [InlineData(null, "invite", false, false)]
    [InlineData("secret", null, true, true)]
    [InlineData("secret", null, false, false)]
    public void A_message_is_seen_by_the_rules_of_its_moment(string? visibility, string? membership, bool joinedLater, bool sees) =>
        Assert.Equal(sees, Sees(SampleEvents.Message("x"), visibility, membership, joinedLater));

    [Theory]
    [InlineData("world_readable", "joined", true)]
    [InlineData("joined", "world_readable", true)]
    [InlineData("joined", "invited", false)]
    public void A_change_of_history_visibility_is_seen_under_either(string before, string after, bool sees) =>
        Assert.Equal(sees, Sees(Visibility(after), before, null));

    [Theory]
    [InlineData("shared", "joined", true)]
    [InlineData("joined", "shared", true)]
    [InlineData("joined", "invited", false)]
    public void A_change_of_history_visibility_is_seen_by_who_joined_later_under_either(string before, string after, bool sees) =>
        Assert.Equal(sees, Sees(Visibility(after), before, null, joinedLater: true));

    [Theory]
    [InlineData(null, "join", true)]
    [InlineData("invite", "join", true)]
    [InlineData("join", "leave", true)]
    [InlineData("join", "ban", true)]
    [InlineData("leave", "ban", false)]
    [InlineData(null, "invite", false)]
    public void The_users_own_membership_events_are_seen_under_the_membership_before_or_after(string? before, string after, bool sees) =>
        Assert.Equal(sees, Sees(Member(SampleEvents.Bob, after), "joined", before));

    [Fact]
    public void An_invite_is_seen_by_the_invited_where_the_invited_see() =>
        Assert.True(Sees(Member(SampleEvents.Bob, "invite"), "invited", null));

    [Fact]
    public void Somebody_elses_membership_gives_no_sight() =>
        Assert.False(Sees(Member(SampleEvents.Alice, "join"), "joined", "invite"));

    [Fact]
    public void A_history_visibility_event_with_a_state_key_changes_nothing() =>
        Assert.False(Sees(SampleEvents.Make(EventTypes.HistoryVisibility, """{"history_visibility":"world_readable"}""", stateKey: "x"), "joined", null));

    [Fact]
    public void The_membership_told_to_a_reader_includes_the_event() =>
        Assert.Equal(Membership.Join, EventVisibility.Of(Member(SampleEvents.Bob, "join"), SampleEvents.Bob, null, null, false).Membership);

    [Fact]
    public void A_member_sees_every_event_and_a_stricter_setting_never_shows_more() =>
        Gen.Select(Gen.Enum<HistoryVisibility>(), Gen.Enum<Membership>(), Gen.Bool).Sample((visibility, membership, later) =>
        {
            Assert.True(new EventVisibility(visibility, Membership.Join, later).Allows);
            if (new EventVisibility(HistoryVisibility.Joined, membership, later).Allows)
            {
                Assert.True(new EventVisibility(visibility, membership, later).Allows);
            }
        });

    [Fact]
    public void Words_and_values_belong_together()
    {
        foreach (var visibility in Enum.GetValues<HistoryVisibility>())
        {
            Assert.Equal(visibility, HistoryVisibilityText.Parse(visibility.Text()));
        }
    }
}
