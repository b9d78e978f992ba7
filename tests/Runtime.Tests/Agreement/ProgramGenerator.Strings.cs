namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    // Lengths on both sides of a word's, equal starts, bytes on both sides of 128: what comparing and copying words can get wrong.
    private static readonly string[] Texts =
    [
        "", "a", "b", "ab", "abc", "abd", "ABC", "Zz", "key", "name", "1", "-5", "  x", "abcdefg", "abcdefgh", "abcdefgi", "abcdefghi", "abcdefgh\\xff",
        "abcdefgh\\x01", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq", "\\xff", "\\x80\\x7f", "tab\\tend", "a longer key", "a longer key2",
    ];

    private Code TextLiteral()
    {
        var text = Texts[_random.Next(Texts.Length)];
        return Code.Of(Kind.Text, Chance(6) && !text.Contains('\\') ? $"([[{text}]])" : Chance(4) ? $"'{text}'" : $"\"{text}\"");
    }

    // Short enough that nothing is cut: pieces are literals, integers, and strings that are cut here.
    private Code? Concatenation(Scope scope, int depth)
    {
        var left = Chance(3) ? Expression(scope, Kind.Int, Math.Min(depth, 1)) : Code.Of(Kind.Text, $"substr({Expression(scope, Kind.Text, Math.Min(depth, 1))}, {Choose("1", "2", "-3", "9")}, {_random.Next(0, 12)})");
        return Code.Of(Kind.Text, $"({left} .. {Choose(TextLiteral(), Literal(Sort.Int), Literal(Sort.Text))})");
    }
}
