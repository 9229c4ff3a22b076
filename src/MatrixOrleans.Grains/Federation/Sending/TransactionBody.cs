using System.Globalization;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>A transaction as JSON, written from events and messages that are JSON already.</summary>
internal sealed record TransactionBody(byte[] Content)
{
    public static TransactionBody Write(IEnumerable<ReadOnlyMemory<byte>> pdus, IEnumerable<ReadOnlyMemory<byte>> edus)
    {
        var output = new ByteBuffer(4096);
        output.Write("\"edus\":["u8);
        Join(edus);
        output.Write("],\"pdus\":["u8);
        Join(pdus);
        output.Write("]}"u8);
        return new TransactionBody(output.WrittenSpan.ToArray());

        void Join(IEnumerable<ReadOnlyMemory<byte>> values)
        {
            var isFirst = true;
            foreach (var value in values)
            {
                if (!isFirst)
                {
                    output.Write(","u8);
                }

                isFirst = false;
                output.Write(value.Span);
            }
        }
    }

    /// <summary>With who sends it, and when.</summary>
    public byte[] Whole(ServerName origin, long nowMs) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"origin\":\"{origin}\",\"origin_server_ts\":{nowMs},")), .. Content];
}
