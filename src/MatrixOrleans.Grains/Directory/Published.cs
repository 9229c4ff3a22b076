using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Directory;

/// <summary>That a room is published, as storage keeps it. What is told of the room comes from its state, not from here.</summary>
internal static class Published
{
    public static DirectoryRow Row(RoomId room) => new(room, 0, "", ReadOnlyMemory<byte>.Empty);
}
