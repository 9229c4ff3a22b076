using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>A room: <c>!opaque:domain</c>, and <c>!hash</c> of its create event since room version 12 (Appendices, "Room IDs").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.RoomId")]
public readonly record struct RoomId : IComparable<RoomId>
{
    private RoomId(string value) => Value = value;

    [Id(0)]
    public string Value { get; }

    /// <summary>The server named in the id; none since room version 12. It says nothing about who is in the room.</summary>
    public ServerName? ServerName
    {
        get
        {
            var colon = Value.IndexOf(':');
            return colon < 0 ? null : Identifiers.ServerName.Parse(Value[(colon + 1)..]);
        }
    }

    public static bool TryParse(string? text, out RoomId id)
    {
        if (text is not null && IsValid(text))
        {
            id = new RoomId(text);
            return true;
        }

        id = default;
        return false;
    }

    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static RoomId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a valid room ID: '{text}'");

    /// <summary>For text that a client sent.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static RoomId FromRequest(string? text) =>
        TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid room ID");

    /// <summary>With a domain, or the 43 characters of a SHA-256 in unpadded URL-safe Base64.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        Identifier.IsWithDomain(text, '!') || (text.Length == 44 && text[0] == '!' && EventId.IsReferenceHash(text[1..], urlSafe: true));

    /// <summary>The id of the room whose create event this is (room version 12).</summary>
    public static RoomId OfCreateEvent(EventId create) => new(string.Concat("!", create.Value.AsSpan(1)));

    /// <summary>The id of the create event of a room of version 12 or later.</summary>
    public EventId CreateEvent() => EventId.Parse(string.Concat("$", Value.AsSpan(1)));

    public int CompareTo(RoomId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value ?? "";
}
