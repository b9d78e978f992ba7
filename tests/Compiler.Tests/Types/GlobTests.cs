using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Types;

public class GlobTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("**", "abc", true)]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "abcd", false)]
    [InlineData("*a*b*c*", "xxaxxbxxc", true)]
    [InlineData("*aab", "aaaaaaaab", true)]
    [InlineData("?", "", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData("[^a-c]x", "ax", false)]
    [InlineData("[]]", "]", true)]
    [InlineData("[!]]", "]", false)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[ab", "[ab", true)]
    [InlineData("[", "[", true)]
    [InlineData("[]", "[]", true)]
    [InlineData("[]", "a", false)]
    [InlineData("a\\*", "a*", true)]
    [InlineData("a\\*", "ab", false)]
    [InlineData("a\\", "a\\", true)]
    public void MatchesAsFnmatchDoes(string pattern, string text, bool matches) => Assert.Equal(matches, Glob.Matches(pattern, text));

    [Fact]
    public void ManyStarsStayFast()
    {
        var pattern = string.Concat(Enumerable.Repeat("*a", 40)) + "b";
        Assert.False(Glob.Matches(pattern, new string('a', 5000)));
    }

    [Fact]
    public void ElementsTellForEachByteWhetherItMatches()
    {
        var elements = Glob.Elements("a**[!b-d]?\\*["u8);
        Assert.Equal(6, elements.Count);
        Assert.Equal("a", Text(elements[0]));
        Assert.Null(elements[1]);
        Assert.Equal(256 - 3, elements[2]!.Count(m => m));
        Assert.Equal(256, elements[3]!.Count(m => m));
        Assert.Equal("*", Text(elements[4]));
        Assert.Equal("[", Text(elements[5]));

        static string Text(bool[]? element) => string.Concat(Enumerable.Range(0, 256).Where(b => element![b]).Select(b => (char)b));
    }
}
