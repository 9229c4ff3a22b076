using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Events;

/// <summary>State as somebody sees it who is not in the room: <c>type</c>, <c>state_key</c>, <c>sender</c> and <c>content</c> (Client-Server API, "Stripped state").</summary>
public static class StrippedState
{
    /// <summary>Writes a state event stripped.</summary>
    public static void Write(Pdu state, IBufferWriter<byte> output) => TryWrite(state.Root, output);

    /// <summary>
    /// Writes an event that another server sent with an invite or a knock, whole or already stripped, as stripped state.
    /// Whatever else it holds is dropped.
    /// </summary>
    /// <returns><c>false</c>, with nothing written, when it is no state event that a client could be given.</returns>
    public static bool TryWrite(JsonElement source, IBufferWriter<byte> output)
    {
        if (source.ValueKind != JsonValueKind.Object
            || !IsString(source, "type"u8, out var type)
            || !IsString(source, "state_key"u8, out var stateKey)
            || !IsString(source, "sender"u8, out var sender) || !UserId.TryParse(sender.GetString(), out _)
            || !source.TryGetProperty("content"u8, out var content) || content.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        output.Write("{\"type\":"u8);
        output.Write(JsonMarshal.GetRawUtf8Value(type));
        output.Write(",\"state_key\":"u8);
        output.Write(JsonMarshal.GetRawUtf8Value(stateKey));
        output.Write(",\"sender\":"u8);
        output.Write(JsonMarshal.GetRawUtf8Value(sender));
        output.Write(",\"content\":"u8);
        output.Write(JsonMarshal.GetRawUtf8Value(content));
        output.Write("}"u8);
        return true;
    }

    private static bool IsString(JsonElement source, ReadOnlySpan<byte> name, out JsonElement value) =>
        source.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.String;
}
