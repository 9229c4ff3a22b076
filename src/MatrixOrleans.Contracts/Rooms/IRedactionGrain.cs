using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Redacts several events at once; a stateless worker, key 0. What is redacted already, or may not be, is passed over.</summary>
[Alias("IRedactionGrain")]
public interface IRedactionGrain : IGrainWithIntegerKey
{
    /// <summary>Redacts the events that relate to one (MSC3912).</summary>
    /// <param name="relTypes">In which ways; <c>null</c> for all.</param>
    [Alias("RedactRelated")]
    ValueTask RedactRelated(UserId user, RoomId room, EventId target, IReadOnlyList<string>? relTypes, string? reason);

    /// <summary>Redacts the messages that somebody sent before he was banned or kicked (MSC4293).</summary>
    /// <param name="membership">The event that removed him.</param>
    [Alias("RedactRemoved")]
    ValueTask RedactRemoved(RoomId room, EventId membership);
}
