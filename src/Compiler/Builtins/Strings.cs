using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for strings. Places in strings count bytes from 1, as tables count.</summary>
internal static class Strings
{
    public static readonly BuiltinFamily Family = new("Strings",
    [
        new("tostring", [Row.Any("x")], "A value as text, as `print` shows it.") { User = ToText, Kernel = KernelStrings.ToText },
        new("stringof", [Row.Any("x")], "The same as `tostring`.") { User = ToText, Kernel = KernelStrings.ToText },
        new("tonumber", [Row.Any("x")], "The integer that a string holds, decimal or `0x…`, with white space around it; nil where it holds none.") { User = (_, args) => ToNumber(args[0]) },
        new("strlen", [Row.String("s")], "The length in bytes.") { User = (_, args) => Value.Int(args[0].AsString.Length), Kernel = KernelStrings.Length },
        new("substr", [Row.String("s"), Row.Int("start"), Row.Int("length").Optional],
            "A part of a string, from the byte `start` (1 is the first, -1 the last) on; what lies outside the string is left out.")
        {
            Kernel = KernelStrings.Part,
            User = (_, args) => Substring(args[0].AsString, args[1].AsInt, args[2].IsNil ? Int128.MaxValue / 2 : args[2].AsInt),
        },
        new("strstr", [Row.String("s"), Row.String("part")], "Where `part` first stands in `s`, from 1; nil where it doesn't.")
        {
            Kernel = KernelStrings.Find,
            User = (_, args) => args[0].AsString.Span.IndexOf(args[1].AsString.Span) is >= 0 and var at ? Value.Int(at + 1) : Value.Nil,
        },
        new("strcmp", [Row.String("a"), Row.String("b")], "-1, 0 or 1: whether `a` sorts before `b`, is the same, or sorts after it.")
        {
            Kernel = KernelStrings.Compare,
            User = (_, args) => Value.Int(Math.Sign(args[0].AsString.CompareTo(args[1].AsString))),
        },
        new("glob", [Row.String("s"), Row.String("pattern")], "Whether the whole of `s` matches a pattern with `*`, `?` and `[…]`; in a handler the pattern must be known when compiling.")
        {
            Kernel = KernelStrings.Glob,
            // Bytes as characters: a pattern matches bytes, whatever they mean.
            User = (_, args) => Value.Bool(Glob.Matches(Latin1(args[1].AsString), Latin1(args[0].AsString))),
        },
        new("upper", [Row.String("s")], "The string with the letters a to z made large.") { User = (_, args) => Map(args[0].AsString, b => b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 32) : b), Kernel = KernelStrings.WithCase(isUpper: true) },
        new("lower", [Row.String("s")], "The string with the letters A to Z made small.") { User = (_, args) => Map(args[0].AsString, b => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b + 32) : b), Kernel = KernelStrings.WithCase(isUpper: false) },
        new("join", [Row.Table("t"), Row.String("separator").Optional], "The values t[1], t[2] … as one string, with the separator (nothing) between them.") { User = Join },
        new("split", [Row.String("s"), Row.String("separator").Optional], "A table of the parts of a string, from 1; without a separator, of its words.") { User = (_, args) => Split(args[0].AsString, args[1]) },
    ]);

    private static Value ToText(UserContext context, Value[] args) =>
        args[0].Kind == ValueKind.String ? args[0] : Value.String(context.World.Render(args[0]));

    private static Value ToNumber(Value value)
    {
        if (value.Kind == ValueKind.Int) return Value.Int(value.AsInt);
        if (value.Kind != ValueKind.String) return Value.Nil;
        var text = value.AsString.Span.Trim(" \t\r\n\v\f"u8);
        var isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
        var radix = 10UL;
        if (text is [(byte)'0', (byte)'x' or (byte)'X', ..])
        {
            text = text[2..];
            radix = 16;
        }
        var number = 0UL;
        foreach (var b in text)
        {
            var digit = b switch
            {
                >= (byte)'0' and <= (byte)'9' => b - '0',
                >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
                _ => 16,
            };
            if ((ulong)digit >= radix || number > (ulong.MaxValue - (ulong)digit) / radix) return Value.Nil;
            number = number * radix + (ulong)digit;
        }
        return text.IsEmpty ? Value.Nil : Value.Int(isNegative ? unchecked(-(long)number) : unchecked((long)number));
    }

    private static Value Substring(KString s, long start, Int128 length)
    {
        // As 128 bits, so that no start and length can wrap.
        Int128 from = start < 0 ? (Int128)s.Length + start : (Int128)start - 1;
        var to = (int)Int128.Clamp(from + length, 0, s.Length);
        var first = (int)Int128.Clamp(from, 0, s.Length);
        return Value.String(first >= to ? KString.Empty : new KString(s.Span[first..to].ToArray()));
    }

    private static string Latin1(KString s) => System.Text.Encoding.Latin1.GetString(s.Span);

    private static Value Map(KString s, Func<byte, byte> map)
    {
        var bytes = s.Span.ToArray();
        for (var i = 0; i < bytes.Length; i++) bytes[i] = map(bytes[i]);
        return Value.String(new KString(bytes));
    }

    private static Value Join(UserContext context, Value[] args)
    {
        var bytes = new List<byte>();
        for (var i = 1L; args[0].AsTable[Value.Int(i)] is { IsNil: false } part; i++)
        {
            if (i > 1 && !args[1].IsNil) bytes.AddRange(args[1].AsString.Span);
            bytes.AddRange(ToText(context, [part]).AsString.Span);
        }
        return Value.String(new KString([.. bytes]));
    }

    private static Value Split(KString s, Value separator)
    {
        var parts = new Table();
        var rest = s.Span;
        if (separator.IsNil)
            while (!(rest = rest.TrimStart(" \t\r\n\v\f"u8)).IsEmpty)
            {
                var end = rest.IndexOfAny(" \t\r\n\v\f"u8);
                Add(end < 0 ? rest : rest[..end]);
                rest = end < 0 ? [] : rest[end..];
            }
        else
        {
            var between = separator.AsString.Span;
            if (between.IsEmpty) throw new BuiltinException("the separator is empty", "leave it out to split at white space");
            for (var at = rest.IndexOf(between); at >= 0; at = rest.IndexOf(between))
            {
                Add(rest[..at]);
                rest = rest[(at + between.Length)..];
            }
            Add(rest);
        }
        return Value.Table(parts);

        void Add(ReadOnlySpan<byte> part) => parts[Value.Int(parts.Count + 1)] = Value.String(new KString(part.ToArray()));
    }
}
