using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>An event that is built and placed, or what must be loaded before it can be.</summary>
internal sealed class Built
{
    /// <summary>Keys whose path in the state is not in memory; nothing else is set then.</summary>
    public IReadOnlyList<StateKey>? Missing { get; init; }

    public Pdu? Pdu { get; init; }

    public long Nid { get; init; }

    /// <summary>Where the event takes the room.</summary>
    public RoomHead? Head { get; init; }

    /// <summary>New nodes of the state.</summary>
    public List<StateNode> Nodes { get; init; } = [];

    /// <summary>What storage keeps.</summary>
    public RoomEntry? Entry { get; init; }

    /// <summary>What syncs hear.</summary>
    public TailEntry? Tail { get; init; }
}
