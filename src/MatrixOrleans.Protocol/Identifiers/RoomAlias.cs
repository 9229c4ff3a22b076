using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>A room alias, <c>#localpart:domain</c> (Appendices, "Room Aliases").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.RoomAlias")]
public readonly record struct RoomAlias : IComparable<RoomAlias>
{
    private RoomAlias(string value) => Value = value;

    [Id(0)]
    public string Value { get; }


    public ReadOnlySpan<char> LocalpartSpan => Value.AsSpan(1, Value.IndexOf(':') - 1);

    public string Localpart => LocalpartSpan.ToString();

    /// <summary>The server that allocated the identifier.</summary>
    public ServerName ServerName => ServerName.Parse(Value[(Value.IndexOf(':') + 1)..]);

    /// <summary>The same as <see cref="ServerName"/>, without a new string.</summary>
    public ReadOnlySpan<char> ServerNameSpan => Value.AsSpan(Value.IndexOf(':') + 1);

    public static bool TryParse(string? text, out RoomAlias id)
    {
        if (text is not null && IsValid(text))
        {
            id = new RoomAlias(text);
            return true;
        }

        id = default;
        return false;
    }

    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static RoomAlias Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a valid room alias: '{text}'");

    /// <summary>For text that a client sent.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static RoomAlias FromRequest(string? text) =>
        TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid room alias");

    public static bool IsValid(ReadOnlySpan<char> text) => Identifier.IsWithDomain(text, '#');

    public int CompareTo(RoomAlias other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value ?? "";
}
