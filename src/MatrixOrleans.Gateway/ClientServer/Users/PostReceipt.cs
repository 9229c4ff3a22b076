using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Says up to which event the user has read (Client-Server API, "Receipts").</summary>
internal static class PostReceipt
{
    public static readonly Endpoint Endpoint =
        new("postReceipt", "POST", "/_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var room = request.RoomId;
        var id = EventId.FromRequest(request.Path("eventId"));
        // Older clients send no body at all.
        var body = await request.OptionalJsonObject();
        var thread = Thread(body);
        await request.Grains.GetGrain<IUserGrain>(request.User.Value).SetReceipts(room, [new ReceiptRequest(request.Path("receiptType"), id, thread, JsonMembers.Flag(body, "com.beeper.allow_backward"))]);
        return Answer.Empty;
    }

    private static string? Thread(JsonElement body)
    {
        if (!body.TryGetProperty("thread_id", out var thread))
        {
            return null;
        }

        return thread.ValueKind == JsonValueKind.String && thread.GetString() is { Length: > 0 } text
            ? text
            : throw new MatrixException(MatrixError.InvalidParam, "thread_id field must be a non-empty string");
    }
}
