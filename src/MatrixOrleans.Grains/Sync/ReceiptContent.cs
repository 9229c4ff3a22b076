using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync;

/// <summary>Writes an <c>m.receipt</c> event: event, then type, then user (Client-Server API, "Receipts").</summary>
internal static class ReceiptContent
{
    /// <summary>The event as JSON; <c>null</c> without receipts. Of several of one reader, type and thread the last counts.</summary>
    public static ReadOnlyMemory<byte>? Write(IEnumerable<ReceiptSet> receipts)
    {
        var newest = new Dictionary<(string, string, string), ReceiptSet>();
        foreach (var receipt in receipts.Where(r => r.RoomSeq is not null))
        {
            newest[(receipt.UserId, receipt.Type, receipt.Thread)] = receipt;
        }

        if (newest.Count == 0)
        {
            return null;
        }

        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteString("type"u8, "m.receipt"u8);
        writer.WriteStartObject("content"u8);
        foreach (var ofEvent in newest.Values.GroupBy(r => r.EventId))
        {
            writer.WriteStartObject(ofEvent.Key);
            foreach (var ofType in ofEvent.GroupBy(r => r.Type))
            {
                writer.WriteStartObject(ofType.Key);
                // One member a user: of a user's receipts in several threads at one event, the unthreaded one says most.
                foreach (var ofUser in ofType.GroupBy(r => r.UserId).Select(g => g.OrderBy(r => r.Thread.Length).First()))
                {
                    writer.WriteStartObject(ofUser.UserId);
                    writer.WriteNumber("ts"u8, ofUser.Ts);
                    if (ofUser.Thread.Length > 0)
                    {
                        writer.WriteString("thread_id"u8, ofUser.Thread);
                    }

                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
