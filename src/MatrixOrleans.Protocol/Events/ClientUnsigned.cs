using System.Buffers;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Events;

/// <summary>
/// The <c>unsigned</c> member that one reader of an event gets (Client-Server API, "UnsignedData"): it differs between readers and with time, and
/// is never part of what readers share. Members that are <c>null</c> are left out.
/// </summary>
public sealed record ClientUnsigned
{
    /// <summary>Milliseconds since the event was sent, by our clock; may be negative.</summary>
    public long? AgeMs { get; init; }

    /// <summary>For the device that sent the event, and no other.</summary>
    public string? TransactionId { get; init; }

    /// <summary>The membership of the reader at the event, the event included.</summary>
    public Membership? Membership { get; init; }

    /// <summary>JSON of the content that this state event replaced; only when the reader may see the replaced event.</summary>
    public ReadOnlyMemory<byte>? PrevContent { get; init; }

    /// <summary>The state event that this one replaced, whether the reader may see that or not.</summary>
    public EventId? ReplacesState { get; init; }

    /// <summary>JSON of the redaction in the client format, of an event that was redacted.</summary>
    public ReadOnlyMemory<byte>? RedactedBecause { get; init; }

    /// <summary>JSON of the bundled aggregations, <c>m.relations</c> (Client-Server API, "Aggregations of child events").</summary>
    public ReadOnlyMemory<byte>? Relations { get; init; }

    /// <summary>JSON array of stripped state, of an invite: <c>invite_room_state</c>.</summary>
    public ReadOnlyMemory<byte>? InviteRoomState { get; init; }

    /// <summary>JSON array of stripped state, of a knock: <c>knock_room_state</c>.</summary>
    public ReadOnlyMemory<byte>? KnockRoomState { get; init; }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty =>
        AgeMs is null && TransactionId is null && Membership is null && PrevContent is null && ReplacesState is null
        && RedactedBecause is null && Relations is null && InviteRoomState is null && KnockRoomState is null;

    /// <summary>Writes the object.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var separator = "{"u8;
        if (AgeMs is { } age)
        {
            Name(ref separator, "\"age\":"u8, output);
            ClientEvent.WriteNumber(age, output);
        }

        if (TransactionId is { } transaction)
        {
            Name(ref separator, "\"transaction_id\":"u8, output);
            ClientEvent.WriteText(transaction, output);
        }

        if (Membership is { } membership)
        {
            Name(ref separator, "\"membership\":"u8, output);
            ClientEvent.WriteText(membership.Text(), output);
        }

        if (ReplacesState is { } replaced)
        {
            Name(ref separator, "\"replaces_state\":"u8, output);
            ClientEvent.WriteText(replaced.Value, output);
        }

        Raw(ref separator, "\"prev_content\":"u8, PrevContent, output);
        Raw(ref separator, "\"redacted_because\":"u8, RedactedBecause, output);
        Raw(ref separator, "\"m.relations\":"u8, Relations, output);
        Raw(ref separator, "\"invite_room_state\":"u8, InviteRoomState, output);
        Raw(ref separator, "\"knock_room_state\":"u8, KnockRoomState, output);
        output.Write(IsEmpty ? "{}"u8 : "}"u8);
    }

    private static void Raw(ref ReadOnlySpan<byte> separator, ReadOnlySpan<byte> name, ReadOnlyMemory<byte>? json, IBufferWriter<byte> output)
    {
        if (json is { } value)
        {
            Name(ref separator, name, output);
            output.Write(value.Span);
        }
    }

    private static void Name(ref ReadOnlySpan<byte> separator, ReadOnlySpan<byte> name, IBufferWriter<byte> output)
    {
        output.Write(separator);
        output.Write(name);
        separator = ","u8;
    }
}
