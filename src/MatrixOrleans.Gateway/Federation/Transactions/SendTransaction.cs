using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Transactions;

/// <summary>Takes events and ephemeral messages of another server.</summary>
internal static class SendTransaction
{
    /// <summary>50 events and 100 ephemeral messages of the greatest size, and what is around them.</summary>
    private const int BytesMax = 12 * 1024 * 1024;

    private const int TxnIdLengthMax = 255;

    public static readonly ServerEndpoint Endpoint = new("sendTransaction", "PUT", "/_matrix/federation/v1/send/{txnId}", ServerAccess.Server, Handle)
    {
        BodyBytesMax = BytesMax,
        LenientBody = true,
    };

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var body = request.JsonObject;
        if (body.TryGetProperty("origin"u8, out var origin) && !(origin.ValueKind == JsonValueKind.String && origin.ValueEquals(request.Origin.Value)))
        {
            throw new MatrixException(MatrixError.InvalidParam, "origin is not the server that signed the request");
        }

        var txnId = request.Path("txnId");
        if (txnId.Length is 0 or > TxnIdLengthMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"A transaction id has 1 to {TxnIdLengthMax} characters");
        }

        var transaction = new ReceivedTransaction(txnId, Objects(body, "pdus", ReceivedTransaction.PdusMax), Objects(body, "edus", ReceivedTransaction.EdusMax));
        return new Answer(await request.Grains.GetGrain<ITransactionGrain>(ReceivedTransaction.Key(request.Destination, request.Origin)).Receive(transaction));
    }

    /// <summary>What is no object is dropped; it spoils nothing else.</summary>
    private static List<ReadOnlyMemory<byte>> Objects(JsonElement body, string name, int countMax)
    {
        if (!body.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new MatrixException(MatrixError.BadJson, $"{name} must be a list");
        }

        return list.GetArrayLength() <= countMax
            ? [.. list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object).Select(one => (ReadOnlyMemory<byte>)JsonMarshal.GetRawUtf8Value(one).ToArray())]
            : throw new MatrixException(MatrixError.BadJson, $"A transaction may have {countMax} {name} at most");
    }
}
