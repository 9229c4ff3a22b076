using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>What a state event sets: its type and its <c>state_key</c>. Ordinal equality on both.</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.StateKey")]
public readonly record struct StateKey([property: Id(0)] string Type, [property: Id(1)] string Key) : IComparable<StateKey>
{
    public static readonly StateKey Create = new(EventTypes.Create, "");
    public static readonly StateKey PowerLevels = new(EventTypes.PowerLevels, "");
    public static readonly StateKey JoinRules = new(EventTypes.JoinRules, "");
    public static readonly StateKey HistoryVisibility = new(EventTypes.HistoryVisibility, "");
    public static readonly StateKey GuestAccess = new(EventTypes.GuestAccess, "");
    public static readonly StateKey Encryption = new(EventTypes.Encryption, "");
    public static readonly StateKey Name = new(EventTypes.Name, "");
    public static readonly StateKey Topic = new(EventTypes.Topic, "");
    public static readonly StateKey Avatar = new(EventTypes.Avatar, "");
    public static readonly StateKey CanonicalAlias = new(EventTypes.CanonicalAlias, "");
    public static readonly StateKey ServerAcl = new(EventTypes.ServerAcl, "");
    public static readonly StateKey Tombstone = new(EventTypes.Tombstone, "");

    public static StateKey Member(UserId user) => new(EventTypes.Member, user.Value);

    public static StateKey ThirdPartyInvite(string token) => new(EventTypes.ThirdPartyInvite, token);

    public int CompareTo(StateKey other)
    {
        var byType = string.CompareOrdinal(Type, other.Type);
        return byType != 0 ? byType : string.CompareOrdinal(Key, other.Key);
    }
}
