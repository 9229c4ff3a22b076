using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Events;

/// <summary>What an event says that it relates to (Client-Server API, "Forming relationships between events").</summary>
/// <param name="Target">The parent event.</param>
/// <param name="Type">The <c>rel_type</c>.</param>
public readonly record struct EventRelation(EventId Target, string Type)
{
    public const string Replace = "m.replace";
    public const string Thread = "m.thread";
    public const string Reference = "m.reference";

    /// <summary>The relation of an event; <c>null</c> without a well-formed one.</summary>
    public static EventRelation? Of(Pdu pdu) =>
        pdu.Content.TryGetProperty("m.relates_to"u8, out var relates) && relates.ValueKind == JsonValueKind.Object
        && relates.TryGetProperty("rel_type"u8, out var type) && type.ValueKind == JsonValueKind.String
        && relates.TryGetProperty("event_id"u8, out var id) && id.ValueKind == JsonValueKind.String
        && EventId.TryParse(id.GetString(), out var target)
            ? new EventRelation(target, type.GetString()!)
            : null;
}
