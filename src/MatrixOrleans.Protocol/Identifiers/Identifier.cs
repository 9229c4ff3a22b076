using System.Text;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>What the sigil-prefixed identifiers share (Appendices, "Common Identifier Format").</summary>
internal static class Identifier
{
    /// <summary>Longest identifier, sigil and domain included.</summary>
    public const int BytesMax = 255;

    public static bool FitsBytes(ReadOnlySpan<char> text) =>
        text.Length <= BytesMax && (text.Length * 3 <= BytesMax || Encoding.UTF8.GetByteCount(text) <= BytesMax);

    /// <summary>Any code points but surrogates that stand alone, NUL and ':'; the historical grammar of localparts.</summary>
    public static bool IsHistoricalLocalpart(ReadOnlySpan<char> localpart)
    {
        for (var i = 0; i < localpart.Length; i++)
        {
            var c = localpart[i];
            if (c is '\0' or ':')
            {
                return false;
            }

            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 >= localpart.Length || !char.IsLowSurrogate(localpart[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }

    /// <summary><c>sigil localpart ":" domain</c>; the first colon separates.</summary>
    public static bool IsWithDomain(ReadOnlySpan<char> text, char sigil)
    {
        if (text.Length < 2 || text[0] != sigil || !FitsBytes(text))
        {
            return false;
        }

        var colon = text.IndexOf(':');
        return colon > 0 && IsHistoricalLocalpart(text[1..colon]) && ServerName.IsValid(text[(colon + 1)..]);
    }
}
