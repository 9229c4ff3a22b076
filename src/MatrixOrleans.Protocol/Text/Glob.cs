namespace MatrixOrleans.Protocol.Text;

/// <summary>
/// A glob: <c>*</c> stands for any run of characters, <c>?</c> for exactly one (Appendices, "Glob-style matching"). Immutable.
/// </summary>
/// <remarks>
/// The pattern is cut at its stars. The first piece must stand at the start, the last at the end, and each piece between is taken at the first place
/// behind the one before; when a match exists, that finds one, so nothing is ever tried twice and the time is bounded by pattern length times text length.
/// </remarks>
public sealed class Glob
{
    private readonly Piece[] _pieces;
    private readonly StringComparison _comparison;

    private Glob(string pattern, Piece[] pieces, StringComparison comparison)
    {
        Pattern = pattern;
        _pieces = pieces;
        _comparison = comparison;
    }

    /// <summary>The pattern as it was given.</summary>
    public string Pattern { get; }

    /// <summary>Whether the pattern names one text only.</summary>
    public bool IsLiteral => _pieces is [{ HasQuestionMark: false }];

    /// <param name="ignoreCase">By simple case mapping, character by character.</param>
    /// <param name="questionMarks">Whether <c>?</c> is a wildcard; where only <c>*</c> is, it stands for itself.</param>
    public static Glob Compile(string pattern, bool ignoreCase = false, bool questionMarks = true) => new(
        pattern,
        [.. pattern.Split('*').Select(text => new Piece(text, questionMarks && text.Contains('?', StringComparison.Ordinal)))],
        ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>Whether the whole text matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        if (_pieces.Length == 1)
        {
            return MatchesAt(text, 0, _pieces[0], out var length) && length == text.Length;
        }

        if (!MatchesAt(text, 0, _pieces[0], out var position) || !MatchesAtEnd(text, _pieces[^1], out var tail) || tail < position)
        {
            return false;
        }

        return Between(text[..tail], position) >= 0;
    }

    /// <summary>
    /// Whether a part of the text matches that starts and ends at word boundaries: at the start or end of the text, or beside a character other than
    /// <c>A-Z a-z 0-9 _</c> (Client-Server API, "Conditions"). The empty pattern matches nothing.
    /// </summary>
    public bool IsMatchOfWords(ReadOnlySpan<char> text)
    {
        var first = _pieces[0];
        if (_pieces.Length == 1)
        {
            return first.Text.Length > 0 && Find(text, 0, first, startsWord: true, endsWord: true) >= 0;
        }

        var position = Find(text, 0, first, startsWord: first.Text.Length > 0, endsWord: false);
        if (position < 0)
        {
            return false;
        }

        position = Between(text, position);
        var last = _pieces[^1];
        return position >= 0 && (last.Text.Length == 0 || Find(text, position, last, startsWord: false, endsWord: true) >= 0);
    }

    /// <summary>Whether the literal text stands in the other as words of its own, in whatever case; no character is a wildcard.</summary>
    public static bool ContainsWords(ReadOnlySpan<char> text, string words) =>
        words.Length > 0
        && new Glob(words, [], StringComparison.OrdinalIgnoreCase).Find(text, 0, new Piece(words, false), startsWord: true, endsWord: true) >= 0;

    public override string ToString() => Pattern;

    /// <summary>Where the pieces between the first and the last end, each at its first place; -1 when one is missing.</summary>
    private int Between(ReadOnlySpan<char> text, int position)
    {
        for (var i = 1; i < _pieces.Length - 1 && position >= 0; i++)
        {
            position = Find(text, position, _pieces[i], startsWord: false, endsWord: false);
        }

        return position;
    }

    /// <summary>The end of the first place of a piece at or behind <paramref name="from"/>; -1 when there is none.</summary>
    private int Find(ReadOnlySpan<char> text, int from, Piece piece, bool startsWord, bool endsWord)
    {
        for (var start = from; start <= text.Length; start++)
        {
            if (!piece.HasQuestionMark)
            {
                var next = text[start..].IndexOf(piece.Text, _comparison);
                if (next < 0)
                {
                    return -1;
                }

                start += next;
            }

            if (MatchesAt(text, start, piece, out var end) && (!startsWord || IsBoundary(text, start)) && (!endsWord || IsBoundary(text, end)))
            {
                return end;
            }
        }

        return -1;
    }

    private bool MatchesAt(ReadOnlySpan<char> text, int start, Piece piece, out int end)
    {
        end = start + piece.Text.Length;
        if (!piece.HasQuestionMark)
        {
            return text[start..].StartsWith(piece.Text, _comparison);
        }

        end = start;
        foreach (var c in piece.Text)
        {
            if (end == text.Length)
            {
                return false;
            }

            if (c == '?')
            {
                end += char.IsHighSurrogate(text[end]) && end + 1 < text.Length && char.IsLowSurrogate(text[end + 1]) ? 2 : 1;
            }
            else if (Same(text[end], c))
            {
                end++;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private bool MatchesAtEnd(ReadOnlySpan<char> text, Piece piece, out int start)
    {
        start = text.Length - piece.Text.Length;
        if (!piece.HasQuestionMark)
        {
            return text.EndsWith(piece.Text, _comparison);
        }

        start = text.Length;
        for (var i = piece.Text.Length - 1; i >= 0; i--)
        {
            if (start == 0)
            {
                return false;
            }

            if (piece.Text[i] == '?')
            {
                start -= char.IsLowSurrogate(text[start - 1]) && start > 1 && char.IsHighSurrogate(text[start - 2]) ? 2 : 1;
            }
            else if (Same(text[start - 1], piece.Text[i]))
            {
                start--;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private bool Same(char a, char b) =>
        a == b || (_comparison == StringComparison.OrdinalIgnoreCase && char.ToUpperInvariant(a) == char.ToUpperInvariant(b));

    private static bool IsBoundary(ReadOnlySpan<char> text, int at) =>
        at == 0 || at == text.Length || !IsWordCharacter(text[at - 1]) || !IsWordCharacter(text[at]);

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private readonly record struct Piece(string Text, bool HasQuestionMark);
}
