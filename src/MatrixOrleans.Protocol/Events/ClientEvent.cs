using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Events;

/// <summary>
/// Writes events in the format that clients and application services see (Client-Server API, "ClientEvent").
/// What is the same for everybody is made once (<see cref="SharedBytes"/>); an answer completes it with the room id and its reader's <c>unsigned</c>.
/// </summary>
/// <remarks>
/// Values are copied as they stand in the event; nothing of the federation format passes (hashes, signatures, depth, references,
/// and members that the client format does not know).
/// </remarks>
public static class ClientEvent
{
    /// <summary>The event as one object without its closing brace, <c>room_id</c> and <c>unsigned</c>: not yet JSON; complete it with <c>Complete</c>.</summary>
    public static byte[] SharedBytes(Pdu pdu)
    {
        var output = new ByteBuffer(pdu.ContentUtf8.Length + 256);
        WriteShared(pdu, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A whole event of the client format.</summary>
    /// <param name="withRoomId">Not where the answer says the room elsewhere, as <c>/sync</c> does.</param>
    public static byte[] ToBytes(Pdu pdu, bool withRoomId = true, ClientUnsigned? unsigned = null)
    {
        var output = new ByteBuffer(pdu.ContentUtf8.Length + 384);
        WriteShared(pdu, output);
        WriteRest(withRoomId ? pdu.RoomId : null, unsigned, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes a whole event from its shared bytes.</summary>
    /// <param name="shared">What <see cref="SharedBytes"/> made.</param>
    /// <param name="roomId"><c>null</c> where the answer says the room elsewhere, as <c>/sync</c> does.</param>
    public static void Complete(ReadOnlySpan<byte> shared, RoomId? roomId, ClientUnsigned? unsigned, IBufferWriter<byte> output)
    {
        output.Write(shared);
        WriteRest(roomId, unsigned, output);
    }

    /// <summary>Writes a whole event as the next value of a JSON writer.</summary>
    public static void Complete(ReadOnlySpan<byte> shared, RoomId? roomId, ClientUnsigned? unsigned, Utf8JsonWriter writer)
    {
        var output = new ByteBuffer(shared.Length + 128);
        Complete(shared, roomId, unsigned, output);
        writer.WriteRawValue(output.WrittenSpan, skipInputValidation: true);
    }

    private static void WriteShared(Pdu pdu, ByteBuffer output)
    {
        output.Write("{\"event_id\":"u8);
        WriteText(pdu.EventId.Value, output);
        output.Write(",\"type\":"u8);
        WriteText(pdu.Type, output);
        output.Write(",\"sender\":"u8);
        WriteText(pdu.Sender.Value, output);
        if (pdu.StateKey is { } stateKey)
        {
            output.Write(",\"state_key\":"u8);
            WriteText(stateKey, output);
        }

        output.Write(",\"origin_server_ts\":"u8);
        WriteNumber(pdu.OriginServerTs, output);
        output.Write(",\"content\":"u8);
        WriteContent(pdu, output);
        if (pdu.Redacts is { } redacts)
        {
            // In both places whatever the room version, for older and newer clients (room version 11, "Moving the redacts property").
            output.Write(",\"redacts\":"u8);
            WriteText(redacts.Value, output);
        }
    }

    private static void WriteContent(Pdu pdu, ByteBuffer output)
    {
        if (pdu.Redacts is not { } redacts || pdu.Version.RedactsInContent)
        {
            output.Write(pdu.ContentUtf8);
            return;
        }

        output.Write("{\"redacts\":"u8);
        WriteText(redacts.Value, output);
        foreach (var member in pdu.Content.EnumerateObject())
        {
            if (!member.NameEquals("redacts"u8))
            {
                output.Write(",\""u8);
                output.Write(JsonMarshal.GetRawUtf8PropertyName(member));
                output.Write("\":"u8);
                output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
            }
        }

        output.Write("}"u8);
    }

    private static void WriteRest(RoomId? roomId, ClientUnsigned? unsigned, IBufferWriter<byte> output)
    {
        if (roomId is { } room)
        {
            output.Write(",\"room_id\":"u8);
            WriteText(room.Value, output);
        }

        if (unsigned is { IsEmpty: false })
        {
            output.Write(",\"unsigned\":"u8);
            unsigned.Write(output);
        }

        output.Write("}"u8);
    }

    internal static void WriteText(string text, IBufferWriter<byte> output)
    {
        Span<byte> utf8 = stackalloc byte[256];
        if (Encoding.UTF8.TryGetBytes(text, utf8, out var length))
        {
            CanonicalJson.WriteQuoted(utf8[..length], output);
        }
        else
        {
            CanonicalJson.WriteQuoted(Encoding.UTF8.GetBytes(text), output);
        }
    }

    internal static void WriteNumber(long number, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(20);
        number.TryFormat(span, out var length, provider: CultureInfo.InvariantCulture);
        output.Advance(length);
    }
}
