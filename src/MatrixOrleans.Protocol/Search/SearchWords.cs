using System.Globalization;
using System.Text;

namespace MatrixOrleans.Protocol.Search;

/// <summary>Cuts texts into the words that they are found by: runs of letters, digits and marks in lower case.</summary>
public static class SearchWords
{
    /// <summary>Longest word; the rest of a longer one is left out.</summary>
    public const int LengthMax = 64;

    /// <param name="countMax">Words after so many are left out.</param>
    public static IReadOnlyList<string> Of(string text, int countMax)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in text.Normalize(NormalizationForm.FormKC).EnumerateRunes())
        {
            if (IsPart(rune))
            {
                if (word.Length < LengthMax)
                {
                    word.Append(Rune.ToLowerInvariant(rune));
                }

                continue;
            }

            if (End())
            {
                return words;
            }
        }

        End();
        return words;

        bool End()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }

            return words.Count >= countMax;
        }
    }

    private static bool IsPart(Rune rune) =>
        Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
