using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>An event of a local user on its way to become one.</summary>
internal sealed record Draft
{
    private JsonElement? _json;

    public required UserId Sender { get; init; }

    public required string Type { get; init; }

    public string? StateKey { get; init; }

    /// <summary>A JSON object, UTF-8.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The content, read once.</summary>
    public JsonElement Json => _json ??= JsonElement.Parse(Content.Span);

    public EventId? Redacts { get; init; }

    public string? DeviceId { get; init; }

    public string? TxnId { get; init; }

    public long? OriginServerTs { get; init; }

    /// <summary>Servers that sign beside the sender's: the one that authorises a restricted join.</summary>
    public ServerName? AlsoSignedBy { get; init; }

    /// <summary>Of a member event: refused unless the user is joined when it is appended, whatever happened since it was asked for.</summary>
    public bool OnlyIfJoined { get; init; }

    /// <summary>The thread that the event belongs to, found out before.</summary>
    public EventId? ThreadRoot { get; init; }

    /// <summary>The event's relation, read from its content.</summary>
    public (EventId Target, string Type)? Relation { get; init; }

    public static MatrixException NotJoined() => new(MatrixError.Forbidden, "You are not in this room");

    /// <summary>Key of the transaction that makes repeats harmless; <c>null</c> without a transaction id.</summary>
    public string? TxnKey(string roomId) =>
        TxnId is null ? null : $"{Sender}|{DeviceId}|{(Redacts is null ? "send" : "redact")}|{roomId}|{Type}|{TxnId}";
}
