using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Tests.Rooms;

public sealed class RoomVersionTests
{
    private static string[] Since(Func<RoomVersion, bool> rule) => [.. RoomVersions.All.Where(rule).Select(v => v.Id)];

    private static string[] From(int first) => [.. Enumerable.Range(first, 13 - first).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    [Fact]
    public void Rules_begin_with_the_version_that_brought_them()
    {
        Assert.Equal(From(1), Since(_ => true));
        Assert.Equal(From(3), Since(v => v.EventIds != EventIdFormat.Chosen));
        Assert.Equal(From(4), Since(v => v.EventIds == EventIdFormat.UrlSafeHash));
        Assert.Equal(From(2), Since(v => v.StateResolution != StateResolutionAlgorithm.V1));
        Assert.Equal(From(12), Since(v => v.StateResolution == StateResolutionAlgorithm.V21));
        Assert.Equal(From(3), Since(v => !v.RedactionRightInAuthRules));
        Assert.Equal(From(5), Since(v => v.KeyValidityEnforced));
        Assert.Equal(From(6), Since(v => v.Canonical == CanonicalRules.Strict));
        Assert.Equal(From(6), Since(v => !v.AliasesSpecialCased));
        Assert.Equal(From(6), Since(v => v.NotificationLevelsChecked));
        Assert.Equal(From(7), Since(v => v.Knocking));
        Assert.Equal(From(8), Since(v => v.RestrictedJoin));
        Assert.Equal(From(8), Since(v => v.RedactionKeepsAllow));
        Assert.Equal(From(9), Since(v => v.RedactionKeepsJoinAuthorisation));
        Assert.Equal(From(10), Since(v => v.KnockRestrictedJoin));
        Assert.Equal(From(10), Since(v => v.IntegerPowerLevels));
        Assert.Equal(From(11), Since(v => !v.CreatorInContent));
        Assert.Equal(From(11), Since(v => v.RedactsInContent));
        Assert.Equal(From(11), Since(v => v.UpdatedRedaction));
        Assert.Equal(From(12), Since(v => v.RoomIdIsCreateHash));
        Assert.Equal(From(12), Since(v => v.PrivilegedCreators));
    }

    [Fact]
    public void Versions_are_found_by_their_ids_and_others_are_not()
    {
        Assert.True(RoomVersions.TryGet("12", out var version));
        Assert.Same(RoomVersions.V12, version);
        Assert.Same(RoomVersions.V12, RoomVersions.Default);
        Assert.False(RoomVersions.TryGet("13", out _));
        Assert.False(RoomVersions.TryGet(null, out _));
        Assert.False(RoomVersions.TryGet(" 1", out _));
    }
}
