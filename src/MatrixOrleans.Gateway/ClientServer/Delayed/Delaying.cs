using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Delayed;

/// <summary>What the ways to delay an event share (MSC4140).</summary>
internal static class Delaying
{
    private const string Parameter = "org.matrix.msc4140.delay";

    /// <summary>The delay that a send asks for in its query; <c>null</c> when it asks for none.</summary>
    public static long? AskedMs(ClientRequest request)
    {
        if (request.Query(Parameter) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var delay)
            ? delay
            : throw new MatrixException(MatrixError.InvalidParam, $"{Parameter} must be a non-negative integer");
    }

    public static async ValueTask<Answer> Schedule(ClientRequest request, RoomId room, SendRequest send, long delayMs)
    {
        if (request.Session.IsSuspended)
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        if (send.Type == EventTypes.Redaction || send.Type == EventTypes.Member)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"{send.Type} cannot be delayed");
        }

        // A repeated request meets the shard that knows it.
        var shard = send.TxnId is null ? RandomNumberGenerator.GetInt32(IDelayedEventsGrain.ShardCount) : SHA256.HashData(Encoding.UTF8.GetBytes(send.TxnId))[0] % IDelayedEventsGrain.ShardCount;
        var id = await request.Grains.GetGrain<IDelayedEventsGrain>(shard).Schedule(send, room, delayMs);
        return Answer.Of(new { DelayId = id });
    }

    public static DelayedEventAction Action(string? name) => name switch
    {
        "cancel" => DelayedEventAction.Cancel,
        "restart" => DelayedEventAction.Restart,
        "send" => DelayedEventAction.Send,
        null or "" => throw new MatrixException(MatrixError.MissingParam, "action is missing"),
        _ => throw new MatrixException(MatrixError.InvalidParam, "action is cancel, restart or send"),
    };

    public static void Write(Utf8JsonWriter writer, DelayedEventView view)
    {
        writer.WriteStartObject();
        writer.WriteString("delay_id", view.DelayId);
        writer.WriteString("room_id", view.Room.Value);
        writer.WriteString("type", view.Type);
        if (view.StateKey is { } key)
        {
            writer.WriteString("state_key", key);
        }

        writer.WriteNumber("delay", view.DelayMs);
        writer.WriteNumber("running_since", view.RunningSinceMs);
        writer.WritePropertyName("content");
        writer.WriteRawValue(view.Content.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }
}
