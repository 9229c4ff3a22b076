using System.Text.Json;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Creation;

/// <summary>Writes one JSON object.</summary>
internal static class ContentWriter
{
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
