using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>A user, <c>@localpart:domain</c>, by the historical grammar (Appendices, "User Identifiers").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.UserId")]
public readonly record struct UserId : IComparable<UserId>
{
    private UserId(string value) => Value = value;

    [Id(0)]
    public string Value { get; }


    public ReadOnlySpan<char> LocalpartSpan => Value.AsSpan(1, Value.IndexOf(':') - 1);

    public string Localpart => LocalpartSpan.ToString();

    /// <summary>The server that allocated the identifier.</summary>
    public ServerName ServerName => ServerName.Parse(Value[(Value.IndexOf(':') + 1)..]);

    /// <summary>The same as <see cref="ServerName"/>, without a new string.</summary>
    public ReadOnlySpan<char> ServerNameSpan => Value.AsSpan(Value.IndexOf(':') + 1);

    public static bool TryParse(string? text, out UserId id)
    {
        if (text is not null && IsValid(text))
        {
            id = new UserId(text);
            return true;
        }

        id = default;
        return false;
    }

    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static UserId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a valid user ID: '{text}'");

    /// <summary>For text that a client sent.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static UserId FromRequest(string? text) =>
        TryParse(text, out var id) ? id : throw new MatrixException(MatrixError.InvalidParam, "Not a valid user ID");

    public static bool IsValid(ReadOnlySpan<char> text) => Identifier.IsWithDomain(text, '@');

    /// <summary>Whether a new account may have this localpart: non-empty, of <c>a-z 0-9 . _ = - / +</c>.</summary>
    public static bool IsCompliantLocalpart(ReadOnlySpan<char> localpart)
    {
        foreach (var c in localpart)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '=' or '-' or '/' or '+'))
            {
                return false;
            }
        }

        return !localpart.IsEmpty;
    }

    public int CompareTo(UserId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value ?? "";
}
