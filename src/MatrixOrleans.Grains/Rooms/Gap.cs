using System.Text;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>How a gap names the events that are missing: their ids, one a line.</summary>
internal static class Gap
{
    public static byte[] Pack(IEnumerable<EventId> missing) => Encoding.UTF8.GetBytes(string.Join('\n', missing.Select(id => id.Value)));

    public static IReadOnlyList<EventId> Unpack(ReadOnlySpan<byte> packed) =>
        packed.IsEmpty ? [] : [.. Encoding.UTF8.GetString(packed).Split('\n').Select(EventId.Parse)];
}
