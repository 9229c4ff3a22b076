using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms;

public enum EventIdFormat
{
    /// <summary>Chosen by the sender: <c>$opaque:domain</c>, in the event's <c>event_id</c> (v1-v2).</summary>
    Chosen,

    /// <summary>Reference hash in standard unpadded Base64 (v3).</summary>
    Hash,

    /// <summary>Reference hash in URL-safe unpadded Base64 (since v4).</summary>
    UrlSafeHash,
}

public enum StateResolutionAlgorithm
{
    V1,
    V2,
    V21,
}

/// <summary>
/// The rules of one room version. Every flag is positive: it says what is on. Code asks the rule and never compares versions
/// (specification, "Room versions").
/// </summary>
public sealed record RoomVersion
{
    /// <summary>The identifier, e.g. <c>12</c>.</summary>
    public required string Id { get; init; }

    public required StateResolutionAlgorithm StateResolution { get; init; }

    public EventIdFormat EventIds { get; init; } = EventIdFormat.Chosen;

    /// <summary>Numbers as canonical JSON wants them (since v6).</summary>
    public CanonicalRules Canonical { get; init; } = CanonicalRules.Lenient;

    /// <summary>Signing keys must be valid at the event's time (since v5).</summary>
    public bool KeyValidityEnforced { get; init; }

    /// <summary><c>m.room.aliases</c> has auth rules and redaction rules of its own (v1-v5).</summary>
    public bool AliasesSpecialCased { get; init; } = true;

    /// <summary>The auth rules check <c>m.room.redaction</c> against the redact level and the domain of the event id (v1-v2).</summary>
    public bool RedactionRightInAuthRules { get; init; } = true;

    /// <summary><c>notifications</c> of power levels is subject to the auth rules (since v6).</summary>
    public bool NotificationLevelsChecked { get; init; }

    /// <summary>Join rule and membership <c>knock</c> (since v7).</summary>
    public bool Knocking { get; init; }

    /// <summary>Join rule <c>restricted</c> (since v8).</summary>
    public bool RestrictedJoin { get; init; }

    /// <summary>Redaction keeps <c>allow</c> of join rules (since v8).</summary>
    public bool RedactionKeepsAllow { get; init; }

    /// <summary>Redaction keeps <c>join_authorised_via_users_server</c> of members (since v9).</summary>
    public bool RedactionKeepsJoinAuthorisation { get; init; }

    /// <summary>Join rule <c>knock_restricted</c> (since v10).</summary>
    public bool KnockRestrictedJoin { get; init; }

    /// <summary>Power levels must be integers; strings are refused (since v10).</summary>
    public bool IntegerPowerLevels { get; init; }

    /// <summary>The create event names its creator in <c>content.creator</c> (v1-v10).</summary>
    public bool CreatorInContent { get; init; } = true;

    /// <summary><c>redacts</c> stands in the content of a redaction, not beside it (since v11).</summary>
    public bool RedactsInContent { get; init; }

    /// <summary>The redaction rules of v11: create content whole, <c>redacts</c>, <c>invite</c> level, <c>third_party_invite.signed</c>.</summary>
    public bool UpdatedRedaction { get; init; }

    /// <summary>The room id is the create event's hash, and the create event is no auth event (since v12).</summary>
    public bool RoomIdIsCreateHash { get; init; }

    /// <summary>Creators, the sender of the create event and <c>additional_creators</c>, stand above all power levels (since v12).</summary>
    public bool PrivilegedCreators { get; init; }

    public override string ToString() => Id;
}
