using System.Diagnostics.CodeAnalysis;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms;

/// <summary>All room versions of the specification, each the last one with its changes.</summary>
public static class RoomVersions
{
    public static readonly RoomVersion V1 = new() { Id = "1", StateResolution = StateResolutionAlgorithm.V1 };

    public static readonly RoomVersion V2 = V1 with { Id = "2", StateResolution = StateResolutionAlgorithm.V2 };

    public static readonly RoomVersion V3 = V2 with { Id = "3", EventIds = EventIdFormat.Hash, RedactionRightInAuthRules = false };

    public static readonly RoomVersion V4 = V3 with { Id = "4", EventIds = EventIdFormat.UrlSafeHash };

    public static readonly RoomVersion V5 = V4 with { Id = "5", KeyValidityEnforced = true };

    public static readonly RoomVersion V6 = V5 with
    {
        Id = "6",
        Canonical = CanonicalRules.Strict,
        AliasesSpecialCased = false,
        NotificationLevelsChecked = true,
    };

    public static readonly RoomVersion V7 = V6 with { Id = "7", Knocking = true };

    public static readonly RoomVersion V8 = V7 with { Id = "8", RestrictedJoin = true, RedactionKeepsAllow = true };

    public static readonly RoomVersion V9 = V8 with { Id = "9", RedactionKeepsJoinAuthorisation = true };

    public static readonly RoomVersion V10 = V9 with { Id = "10", KnockRestrictedJoin = true, IntegerPowerLevels = true };

    public static readonly RoomVersion V11 = V10 with
    {
        Id = "11",
        CreatorInContent = false,
        RedactsInContent = true,
        UpdatedRedaction = true,
    };

    public static readonly RoomVersion V12 = V11 with
    {
        Id = "12",
        StateResolution = StateResolutionAlgorithm.V21,
        RoomIdIsCreateHash = true,
        PrivilegedCreators = true,
    };

    /// <summary>What a new room gets unless asked otherwise; v1.19 recommends version 12.</summary>
    public static readonly RoomVersion Default = V12;

    public static readonly IReadOnlyList<RoomVersion> All = [V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12];

    private static readonly Dictionary<string, RoomVersion> ById = All.ToDictionary(v => v.Id);

    public static bool TryGet(string? id, [MaybeNullWhen(false)] out RoomVersion version)
    {
        if (id is null)
        {
            version = null;
            return false;
        }

        return ById.TryGetValue(id, out version);
    }

    /// <exception cref="KeyNotFoundException">No such version; for ids that were stored once accepted.</exception>
    public static RoomVersion Get(string id) => ById[id];
}
