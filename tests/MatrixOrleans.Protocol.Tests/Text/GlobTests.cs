using System.Text.RegularExpressions;
using CsCheck;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Tests.Text;

public sealed class GlobTests
{
    [Theory]
    [InlineData("lunc?*", "Lunch plans", true)]
    [InlineData("lunc?*", "LUNCH", true)]
    [InlineData("lunc?*", " lunch", false)]
    [InlineData("lunc?*", "lunc", false)]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*a", "a", false)]
    [InlineData("?", "🚀", true)]
    [InlineData("*?", "🚀", true)]
    [InlineData("??", "🚀", false)]
    [InlineData("*.example.?", "a.b.example.🚀", true)]
    [InlineData("a.c", "abc", false)]
    [InlineData("É*", "été", true)]
    public void The_whole_text_must_match(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Glob.Compile(pattern, ignoreCase: true).IsMatch(text));

    [Theory]
    [InlineData("ex*ple", "An example event.", true)]
    [InlineData("ex*ple", "exple", true)]
    [InlineData("ex*ple", "An exciting triple-whammy", true)]
    [InlineData("ex*ple", "Anexample event", false)]
    [InlineData("ex*ple", "examples", false)]
    [InlineData("cake", "I like CAKE!", true)]
    [InlineData("cake", "cakes and cake_", false)]
    [InlineData("cake", "cheesecake cake", true)]
    [InlineData("c?ke", "a cöke", true)]
    [InlineData("*", "anything", true)]
    [InlineData("", "anything", false)]
    [InlineData(":)", "hi :)", true)]
    [InlineData("été", "l'ÉTÉ dernier", true)]
    [InlineData("user*", "xuser user1", true)]
    [InlineData("*er", "power", true)]
    public void In_a_body_the_match_starts_and_ends_at_word_boundaries(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Glob.Compile(pattern, ignoreCase: true).IsMatchOfWords(text));

    [Fact]
    public void A_display_name_is_no_pattern()
    {
        Assert.True(Glob.ContainsWords("hello A*B!", "a*b"));
        Assert.False(Glob.ContainsWords("hello AxB!", "a*b"));
        Assert.False(Glob.ContainsWords("hello", ""));
        Assert.False(Glob.ContainsWords("hellobob", "bob"));
    }

    [Fact]
    public void A_question_mark_may_stand_for_itself()
    {
        Assert.True(Glob.Compile("a?*", questionMarks: false).IsMatch("a?b"));
        Assert.False(Glob.Compile("a?*", questionMarks: false).IsMatch("abb"));
        Assert.False(Glob.Compile("A").IsMatch("a"));
    }

    [Fact]
    public void It_agrees_with_a_regular_expression() =>
        Gen.Select(Gen.String[Gen.Char["ab?*"], 0, 8], Gen.String[Gen.Char["ab"], 0, 12]).Sample(
            (pattern, text) =>
            {
                var regex = "^" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal) + "$";
                Assert.Equal(Regex.IsMatch(text, regex), Glob.Compile(pattern).IsMatch(text));
            },
            iter: 5000);

    [Fact]
    public void In_words_it_agrees_with_a_regular_expression() =>
        Gen.Select(Gen.String[Gen.Char["ab?*"], 1, 6], Gen.String[Gen.Char["ab -"], 0, 12]).Sample(
            (pattern, text) =>
            {
                const string Boundary = "(^|$|(?<=[^A-Za-z0-9_])|(?=[^A-Za-z0-9_]))";
                var middle = Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal);
                Assert.Equal(Regex.IsMatch(text, Boundary + middle + Boundary), Glob.Compile(pattern).IsMatchOfWords(text));
            },
            iter: 5000);

    [Fact]
    public void A_hostile_pattern_takes_no_more_than_pattern_times_text()
    {
        var text = new string('a', 50_000);
        var pattern = string.Concat(Enumerable.Repeat("*a?a", 100)) + "*b";
        Assert.False(Glob.Compile(pattern).IsMatch(text));
        Assert.False(Glob.Compile(pattern).IsMatchOfWords(text));
    }
}
