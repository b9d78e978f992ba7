using System.Globalization;

namespace Ktap.Compiler.Probes;

/// <summary>One argument of a static marker, as its note describes it: so many bytes, with a sign or without, at a place.</summary>
public sealed record MarkerOperand(int Size, bool IsSigned, MarkerPlace Place);

/// <summary>Where an argument of a static marker is. Registers have the names that the kernel has for those of <c>struct pt_regs</c>.</summary>
public abstract record MarkerPlace
{
    /// <summary>Nowhere: it is always this number.</summary>
    public sealed record Constant(long Value) : MarkerPlace;

    /// <summary>In a register, or <paramref name="Size"/> bytes of it from bit <paramref name="Shift"/> on.</summary>
    public sealed record Register(string Name, int Size, int Shift = 0) : MarkerPlace;

    /// <summary>
    /// In memory: at the sum of a register, another one times a scale, a symbol's address and an offset, as far as they are there. A narrow index is widened,
    /// with its sign where <paramref name="IndexHasSign"/>.
    /// </summary>
    public sealed record Memory(Register? Base, Register? Index, int Scale, string? Symbol, long Offset, bool IndexHasSign = false) : MarkerPlace;

    /// <summary>Where this program can't read it: why.</summary>
    public sealed record Unreadable(string Why) : MarkerPlace;
}

/// <summary>Reads the arguments in the note of a static marker: operands as the assembler of an architecture has them, with their sizes in front.</summary>
public static class MarkerOperands
{
    private const string Floating = "it is a floating-point number";

    /// <summary>The operands in their order: <c>-4@%eax 8@-16(%rbp) 4@$5</c>.</summary>
    public static IEnumerable<(string Text, MarkerOperand Operand)> Parse(string arguments, MarkerSyntax syntax)
    {
        foreach (var word in Words(arguments)) yield return (word, Operand(word, syntax));
    }

    // Blanks inside brackets separate nothing; on some architectures they follow the commas there.
    private static IEnumerable<string> Words(string text)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ' ' && depth == 0))
            {
                if (i > start) yield return text[start..i];
                start = i + 1;
            }
            else depth += text[i] is '[' or '(' ? 1 : text[i] is ']' or ')' ? -1 : 0;
        }
    }

    // Notes of the first form have no sizes: arguments are words then.
    private static MarkerOperand Operand(string word, MarkerSyntax syntax)
    {
        var at = word.IndexOf('@');
        if (at < 0) return new MarkerOperand(syntax.WordSize, true, Place(word, syntax));
        var size = word.AsSpan(0, at);
        if (size.EndsWith("f")) return new MarkerOperand(8, false, new MarkerPlace.Unreadable(Floating));
        return int.TryParse(size, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bytes) && Math.Abs(bytes) is 1 or 2 or 4 or 8
            ? new MarkerOperand(Math.Abs(bytes), bytes < 0, Place(word[(at + 1)..], syntax))
            : new MarkerOperand(8, false, new MarkerPlace.Unreadable($"'{size}' is no size of an integer"));
    }

    private static MarkerPlace Place(string text, MarkerSyntax syntax)
    {
        if (syntax.ConstantMark.Length > 0 && text.StartsWith(syntax.ConstantMark, StringComparison.Ordinal))
            return Number(text[syntax.ConstantMark.Length..]) is { } marked ? new MarkerPlace.Constant(marked) : new MarkerPlace.Unreadable("it is the address of a symbol");
        if (!syntax.NumbersAreRegisters && Number(text) is { } value && syntax.HasBrackets) return new MarkerPlace.Constant(value);
        if (syntax.Register(text) is { } register) return register.Size == 0 ? new MarkerPlace.Constant(0) : register;
        if (syntax.IsFloating(text)) return new MarkerPlace.Unreadable(Floating);
        MarkerPlace? place = syntax.HasBrackets ? InBrackets(text, syntax) : InParentheses(text, syntax);
        return place ?? new MarkerPlace.Unreadable("its place is written in a way that isn't known");
    }

    // displacement(base,index,scale); on PowerPC also base,index
    private static MarkerPlace.Memory? InParentheses(string text, MarkerSyntax syntax)
    {
        var open = text.IndexOf('(');
        if (open < 0 && syntax.NumbersAreRegisters)
            return text.Split(',') is [var first, var second] && syntax.Register(first) is { } a && syntax.Register(second) is { } b ? new MarkerPlace.Memory(a, b, 1, null, 0) : null;
        if (Sum(open < 0 ? text : text[..open]) is not var (symbol, offset)) return null;
        if (open < 0) return new MarkerPlace.Memory(null, null, 1, symbol, offset);
        if (!text.EndsWith(')')) return null;
        var parts = text[(open + 1)..^1].Split(',');
        if (parts.Length > 3) return null;
        MarkerPlace.Register? index = null;
        var scale = 1L;
        var from = syntax.Register(parts[0]);
        if (parts[0].Length > 0 && from is null) return null;
        if (parts.Length > 1 && (index = syntax.Register(parts[1])) is null) return null;
        if (parts.Length > 2 && Number(parts[2]) is var given) scale = given ?? 0;
        return scale is 1 or 2 or 4 or 8 ? new MarkerPlace.Memory(from, index, (int)scale, symbol, offset) : null;
    }

    // [base], [base, offset], [base, index], [base, index, lsl 3], [base, index, sxtw 2]
    private static MarkerPlace.Memory? InBrackets(string text, MarkerSyntax syntax)
    {
        if (!text.StartsWith('[') || !text.EndsWith(']')) return null;
        var parts = text[1..^1].Split(',', StringSplitOptions.TrimEntries);
        if (syntax.Register(parts[0]) is not { } from) return null;
        if (parts.Length == 1) return new MarkerPlace.Memory(from, null, 1, null, 0);
        if (parts.Length == 2 && Number(parts[1].TrimStart('#')) is { } offset) return new MarkerPlace.Memory(from, null, 1, null, offset);
        if (parts.Length > 3 || syntax.Register(parts[1]) is not { } index) return null;
        if (parts.Length == 2) return new MarkerPlace.Memory(from, index, 1, null, 0);
        var shift = parts[2].Split(' ');
        if (shift[0] is not ("lsl" or "sxtw" or "uxtw" or "sxtx")) return null;
        var bits = shift.Length > 1 ? Number(shift[1].TrimStart('#')) : 0;
        return bits is >= 0 and <= 4 ? new MarkerPlace.Memory(from, index, 1 << (int)bits, null, 0, shift[0] == "sxtw") : null;
    }

    // Numbers and at most one symbol, added up: -8, var, var+4, 4+var
    private static (string? Symbol, long Offset)? Sum(string text)
    {
        string? symbol = null;
        var offset = 0L;
        for (var at = 0; at < text.Length;)
        {
            var sign = text[at] == '-' ? -1 : 1;
            if (text[at] is '-' or '+') at++;
            var end = text.AsSpan(at).IndexOfAny('+', '-') is >= 0 and var length and not 0 ? at + length : text.Length;
            if (text.AsSpan(at).StartsWith("-")) end = text.AsSpan(at + 1).IndexOfAny('+', '-') is >= 0 and var more ? at + 1 + more : text.Length;
            var term = text[at..end];
            if (Number(term) is { } number) offset += sign * number;
            else if (symbol is null && sign > 0 && term.Length > 0 && term.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$')) symbol = term;
            else return null;
            at = end;
        }
        return (symbol, offset);
    }

    private static long? Number(string text)
    {
        var (negative, digits) = text.StartsWith('-') ? (true, text[1..]) : (false, text);
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(isHex ? digits.AsSpan(2) : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? negative ? -(long)value : (long)value : null;
    }
}
