using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Writes answers that hold events: their bytes as they stand.</summary>
internal static class PduAnswer
{
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ByteBuffer(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static void List(Utf8JsonWriter writer, string name, IEnumerable<ReadOnlyMemory<byte>> events)
    {
        writer.WriteStartArray(name);
        foreach (var json in events)
        {
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }

        writer.WriteEndArray();
    }

    public static void Ids(Utf8JsonWriter writer, string name, IEnumerable<string> ids)
    {
        writer.WriteStartArray(name);
        foreach (var id in ids)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
    }

    /// <summary>As other servers send transactions: their name, the time, the events.</summary>
    public static ReadOnlyMemory<byte> Transaction(string origin, long nowMs, IEnumerable<ReadOnlyMemory<byte>> events) => Write(writer =>
    {
        writer.WriteString("origin"u8, origin);
        writer.WriteNumber("origin_server_ts"u8, nowMs);
        List(writer, "pdus", events);
    });
}
