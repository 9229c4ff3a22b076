using System.Text.Json;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Says whether the user is typing (Client-Server API, "Typing Notifications").</summary>
internal static class SetTyping
{
    public static readonly Endpoint Endpoint = new("setTyping", "PUT", "/_matrix/client/v3/rooms/{roomId}/typing/{userId}", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var room = request.RoomId;
        if (request.Path("userId") != request.User.Value)
        {
            throw new MatrixException(MatrixError.Forbidden, "Cannot set another user's typing state");
        }

        await request.Grains.GetGrain<IRoomEphemeralGrain>(room.Value).SetTyping(request.User, TimeoutMs(await request.JsonObject()));
        return Answer.Empty;
    }

    /// <summary>0 when the user stopped.</summary>
    private static int TimeoutMs(JsonElement body)
    {
        if (!body.TryGetProperty("typing", out var typing))
        {
            throw new MatrixException(MatrixError.MissingParam, "typing is missing");
        }

        if (typing.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new MatrixException(MatrixError.BadJson, "typing must be a boolean");
        }

        if (!typing.GetBoolean())
        {
            return 0;
        }

        if (!body.TryGetProperty("timeout", out var timeout))
        {
            return IRoomEphemeralGrain.TypingTimeoutMsDefault;
        }

        return timeout.ValueKind == JsonValueKind.Number && timeout.TryGetInt64(out var milliseconds)
            ? (int)Math.Clamp(milliseconds, 0, IRoomEphemeralGrain.TypingTimeoutMsMax)
            : throw new MatrixException(MatrixError.BadJson, "timeout must be an integer");
    }
}
