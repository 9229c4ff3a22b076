using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>The events of one room, as far as state resolution asks for them: what it was handed, no I/O.</summary>
public interface IEventLookup
{
    /// <summary>The event, or <c>null</c> when it is not there; resolution then goes on as if nobody had named it.</summary>
    Pdu? Find(EventId id);

    /// <summary>Whether the event was rejected when it was received. A rejected event authorises no other.</summary>
    bool IsRejected(EventId id);
}
