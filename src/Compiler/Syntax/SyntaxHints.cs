using System.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>What to say to people who come from C, Lua, DTrace or bpftrace when a token stands where ktap has no place for it.</summary>
internal static class SyntaxHints
{
    /// <summary>What to say of C's casts of integers.</summary>
    public const string Cast = "a cast is written cast(\"u64\", x); integers have 64 bits as they are";

    /// <summary>A hint for a failure at the current token, or null.</summary>
    public static string? For(TokenStream s)
    {
        var (found, before) = (s.Current, s.Previous);
        if (s.AngleClosedOnThisLine) return "a single '>' closes a < > block: write comparisons in parentheses, (a > b), or the block with { }";
        return (found.Kind, before.Kind) switch
        {
            (TokenKind.Slash, TokenKind.Slash) when found.Start == before.End => "a comment begins with '#'",
            (TokenKind.Slash, _) when s.Ahead is TokenKind.Slash or TokenKind.Star => "a comment begins with '#'",
            (TokenKind.Decrement, _) => "write x -= 1; a comment begins with '#', and a - -b needs the space",
            (TokenKind.Increment, _) => "write x += 1 or x++, as a statement of its own",
            (TokenKind.Assign, _) => "to compare, write '=='",
            (TokenKind.Tilde, _) => "'~' matches globs in filters; elsewhere call glob(s, \"pattern*\")",
            (TokenKind.Colon, TokenKind.Name) => "there is no x:m(); call a function with x as its argument",
            (TokenKind.Name, TokenKind.Name) when before.Text is "struct" or "union" or "enum" or "unsigned" => "a cast is written cast(\"struct sock *\", p)",
            (TokenKind.Name, TokenKind.CloseParen) when EndsInCast(s.Source.Bytes[..before.End]) => Cast,
            (TokenKind.Name, TokenKind.Name) when before.Text is "probe" => "write trace EVENT { … }",
            (not TokenKind.OpenParen, TokenKind.Function) => "a field of the name 'function' is args.function",
            (TokenKind.OpenBrace, TokenKind.OpenParen) or (_, TokenKind.If or TokenKind.ElseIf or TokenKind.While or TokenKind.For or TokenKind.Until) =>
                "conditions stand in parentheses, bodies in braces: if (c) { … }",
            (TokenKind.Name, _) when found.Text is "then" or "end" or "begin" or "elif" => "bodies stand in braces: if (c) { … } elseif (d) { … } else { … }",
            (_, TokenKind.Name) when before.Text is "then" or "elif" => "bodies stand in braces: if (c) { … } elseif (d) { … } else { … }",
            (TokenKind.Do, TokenKind.CloseParen) => "bodies stand in braces: while (c) { … }",
            (TokenKind.Name, TokenKind.Name) when before.Text is "int" or "long" or "char" or "let" or "const" or "auto" or "u64" or "u32" or "int64" or "uint64" =>
                "variables have no types here: write var x = 1",
            _ => null,
        };
    }

    /// <summary>Whether a text ends in C's (TYPE), with a type that is one word.</summary>
    public static bool EndsInCast(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd((byte)' ');
        if (!text.EndsWith(")"u8)) return false;
        return Encoding.UTF8.GetString(text[(text.LastIndexOf((byte)'(') + 1)..^1]) is "char" or "short" or "int" or "long" or "size_t" or "u8" or "u16" or "u32" or "u64" or "s8" or "s16" or "s32" or "s64"
            or "int8" or "int16" or "int32" or "int64" or "uint8" or "uint16" or "uint32" or "uint64" or "uint8_t" or "uint16_t" or "uint32_t" or "uint64_t";
    }
}
