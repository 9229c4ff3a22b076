using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>An event: <c>$opaque:domain</c> in room versions 1-2, the reference hash after a <c>$</c> since 3 (Appendices, "Event IDs").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.EventId")]
public readonly record struct EventId : IComparable<EventId>
{
    private EventId(string value) => Value = value;

    [Id(0)]
    public string Value { get; }

    public static bool TryParse(string? text, out EventId id)
    {
        if (text is not null && IsValid(text))
        {
            id = new EventId(text);
            return true;
        }

        id = default;
        return false;
    }

    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static EventId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a valid event ID: '{text}'");

    /// <summary>For text that a client sent.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static EventId FromRequest(string? text) =>
        TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid event ID");

    /// <summary>Whether any room version could have this event id.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        Identifier.IsWithDomain(text, '$')
        || (text.Length == 44 && text[0] == '$' && (IsReferenceHash(text[1..], urlSafe: true) || IsReferenceHash(text[1..], urlSafe: false)));

    internal static bool IsReferenceHash(ReadOnlySpan<char> text, bool urlSafe)
    {
        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || (urlSafe ? c is '-' or '_' : c is '+' or '/')))
            {
                return false;
            }
        }

        return text.Length == 43;
    }

    public int CompareTo(EventId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value ?? "";
}
