using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>A local user's new event.</summary>
[GenerateSerializer, Immutable, Alias("SendRequest")]
public sealed record SendRequest
{
    [Id(0)]
    public required UserId Sender { get; init; }

    [Id(1)]
    public required string Type { get; init; }

    /// <summary><c>null</c> for a message event.</summary>
    [Id(2)]
    public string? StateKey { get; init; }

    /// <summary>A JSON object, UTF-8; checked to be one.</summary>
    [Id(3)]
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The sending device, to which <c>unsigned.transaction_id</c> is shown.</summary>
    [Id(4)]
    public string? DeviceId { get; init; }

    /// <summary>The client's transaction id; with the device it makes repeats of the request harmless.</summary>
    [Id(5)]
    public string? TxnId { get; init; }

    /// <summary>The event to redact, for <c>m.room.redaction</c>.</summary>
    [Id(6)]
    public EventId? Redacts { get; init; }

    /// <summary>Overrides the event's time, for application services; milliseconds since 1970.</summary>
    [Id(7)]
    public long? OriginServerTs { get; init; }
}

/// <summary>The event is durable.</summary>
[GenerateSerializer, Immutable, Alias("SendAnswer")]
public sealed record SendAnswer([property: Id(0)] EventId EventId, [property: Id(1)] long Position);
