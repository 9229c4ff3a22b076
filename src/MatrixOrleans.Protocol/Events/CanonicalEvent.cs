using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>Writes an event of ours as canonical JSON: its members are known, so they are written in order at once.</summary>
internal readonly ref struct CanonicalEvent(EventTemplate template, RoomVersion version, EventId? chosenId)
{
    public EventTemplate Template => template;

    public RoomVersion Version => version;

    /// <param name="content">Canonical.</param>
    /// <param name="hash">The content hash: the redacted event is written, which carries it. <c>null</c>: the event itself, without.</param>
    /// <returns>Where the content begins.</returns>
    public int Write(ByteBuffer output, ReadOnlySpan<byte> content, string? hash)
    {
        output.Write("{\"auth_events\":"u8);
        References(output, template.AuthEvents);
        output.Write(",\"content\":"u8);
        var contentAt = output.Length;
        output.Write(content);
        output.Write(",\"depth\":"u8);
        Number(output, template.Depth);
        if (version.EventIds == EventIdFormat.Chosen && chosenId is { } id)
        {
            output.Write(",\"event_id\":"u8);
            ClientEvent.WriteText(id.Value, output);
        }

        if (hash is not null)
        {
            output.Write(",\"hashes\":{\"sha256\":"u8);
            ClientEvent.WriteText(hash, output);
            output.Write("}"u8);
        }

        output.Write(",\"origin_server_ts\":"u8);
        Number(output, template.OriginServerTs);
        output.Write(",\"prev_events\":"u8);
        References(output, template.PrevEvents);
        if (hash is null && template.Redacts is { } redacts && !version.RedactsInContent)
        {
            output.Write(",\"redacts\":"u8);
            ClientEvent.WriteText(redacts.Value, output);
        }

        if (template.RoomId is { } roomId)
        {
            output.Write(",\"room_id\":"u8);
            ClientEvent.WriteText(roomId.Value, output);
        }

        output.Write(",\"sender\":"u8);
        ClientEvent.WriteText(template.Sender.Value, output);
        if (template.StateKey is not null)
        {
            output.Write(",\"state_key\":"u8);
            ClientEvent.WriteText(template.StateKey, output);
        }

        output.Write(",\"type\":"u8);
        ClientEvent.WriteText(template.Type, output);
        output.Write("}"u8);
        return contentAt;
    }

    private void Number(ByteBuffer output, long number)
    {
        if (version.Canonical == CanonicalRules.Strict && number is > CanonicalJson.IntegerMax or < -CanonicalJson.IntegerMax)
        {
            throw new FormatException("an integer beyond 2^53-1");
        }

        ClientEvent.WriteNumber(number, output);
    }

    private void References(ByteBuffer output, IReadOnlyList<EventReference> references)
    {
        output.Write("["u8);
        for (var i = 0; i < references.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            if (version.EventIds == EventIdFormat.Chosen)
            {
                output.Write("["u8);
                ClientEvent.WriteText(references[i].Id.Value, output);
                output.Write(",{\"sha256\":"u8);
                ClientEvent.WriteText(UnpaddedBase64.Encode(references[i].Hash), output);
                output.Write("}]"u8);
            }
            else
            {
                ClientEvent.WriteText(references[i].Id.Value, output);
            }
        }

        output.Write("]"u8);
    }
}
