using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Tables;

/// <summary>Values to and from the bytes that <see cref="Layout"/> gives them in maps, shared memory and records. Byte order is the machine's own.</summary>
public static class ValueCodec
{
    /// <summary>Reads a value of a type; <paramref name="bytes"/> holds at least its size. Stacks are numbers there, of those in <paramref name="stacks"/>.</summary>
    public static Value Read(KtapType type, ReadOnlySpan<byte> bytes, StackStore stacks) => type switch
    {
        KtapType.StringType s => Value.String(Text(bytes[..s.Capacity])),
        KtapType.TupleType t => ReadTuple(t, bytes, stacks),
        KtapType.BoolType => Value.Bool(Word(bytes) != 0),
        KtapType.NameType n => Value.String(NameAt(n.Names, Word(bytes))),
        KtapType.IntType i => Value.Int(Word(bytes), i.Format),
        KtapType.AnyType a => ReadAny(a, bytes),
        KtapType.PointerType p => Value.Int(Word(bytes), p.IsUser ? IntFormat.User : IntFormat.Kernel),
        KtapType.StackType => stacks[Word(bytes)],
        _ => throw new InvalidOperationException($"a {type.Describe()} is never stored"),
    };

    /// <summary>Writes a value as a type; throws <see cref="StoreException"/> where it doesn't fit.</summary>
    public static void Write(KtapType type, Value value, Span<byte> bytes, StackStore stacks)
    {
        switch (type, value.Kind)
        {
            case (KtapType.StringType s, ValueKind.String):
                WriteText(value.AsString, bytes[..s.Capacity]);
                break;
            case (KtapType.TupleType t, ValueKind.Tuple) when value.AsTuple.Parts.Count == t.Parts.Length:
                for (var i = 0; i < t.Parts.Length; i++)
                {
                    Write(t.Parts[i], value.AsTuple.Parts[i], bytes, stacks);
                    bytes = bytes[Layout.SizeOf(t.Parts[i])..];
                }
                break;
            case (KtapType.BoolType, ValueKind.Bool):
            case (KtapType.IntType or KtapType.PointerType, ValueKind.Int):
                BitConverter.TryWriteBytes(bytes, value.AsInt);
                break;
            case (KtapType.StackType, ValueKind.Stack):
                BitConverter.TryWriteBytes(bytes, stacks.NumberOf(value.AsStack));
                break;
            case (KtapType.AnyType a, _) when Fits(a, value):
                WriteAny(a, value, bytes);
                break;
            case (KtapType.NameType n, ValueKind.String) when n.Names.IndexOf(value.AsString.ToString()) is >= 0 and var index:
                Write(KtapType.Int, Value.Int(index), bytes, stacks);
                break;
            default:
                throw new StoreException($"it holds {Plural(type)} while tracing, so it can't take a {value.KindName}");
        }
    }

    /// <summary>Whether a value fits a type; reading under a key that doesn't finds nothing.</summary>
    public static bool Fits(KtapType type, Value value) => (type, value.Kind) switch
    {
        (KtapType.StringType s, ValueKind.String) => value.AsString.Length <= s.MaxLength && !value.AsString.Span.Contains((byte)0),
        (KtapType.TupleType t, ValueKind.Tuple) => value.AsTuple.Parts.Count == t.Parts.Length && Sequence.Range(0, t.Parts.Length).All(i => Fits(t.Parts[i], value.AsTuple.Parts[i])),
        (KtapType.BoolType, ValueKind.Bool) or (KtapType.IntType or KtapType.PointerType, ValueKind.Int) or (KtapType.StackType, ValueKind.Stack) => true,
        (KtapType.AnyType, ValueKind.Bool or ValueKind.Int) => true,
        (KtapType.AnyType { StringCapacity: > 0 and var capacity }, ValueKind.String) => value.AsString.Length < capacity && !value.AsString.Span.Contains((byte)0),
        (KtapType.NameType n, ValueKind.String) => n.Names.IndexOf(value.AsString.ToString()) >= 0,
        _ => false,
    };

    private static string Plural(KtapType type) => type is KtapType.TupleType ? "keys of several parts" : type.Describe() + "s";

    private static Value ReadTuple(KtapType.TupleType type, ReadOnlySpan<byte> bytes, StackStore stacks)
    {
        var parts = new Value[type.Parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Read(type.Parts[i], bytes, stacks);
            bytes = bytes[Layout.SizeOf(type.Parts[i])..];
        }
        return Value.Tuple(new KTuple(parts));
    }

    private static Value ReadAny(KtapType.AnyType type, ReadOnlySpan<byte> bytes) => Word(bytes) switch
    {
        KindTag.Bool => Value.Bool(Word(bytes[8..]) != 0),
        KindTag.String => Value.String(Text(bytes.Slice(8, type.StringCapacity))),
        _ => Value.Int(Word(bytes[8..])),
    };

    private static void WriteAny(KtapType.AnyType type, Value value, Span<byte> bytes)
    {
        bytes[..(8 + type.PayloadSize)].Clear();
        BitConverter.TryWriteBytes(bytes, value.Kind switch { ValueKind.Bool => KindTag.Bool, ValueKind.String => KindTag.String, _ => KindTag.Int });
        if (value.Kind == ValueKind.String) WriteText(value.AsString, bytes.Slice(8, type.StringCapacity));
        else BitConverter.TryWriteBytes(bytes[8..], value.AsInt);
    }

    private static KString Text(ReadOnlySpan<byte> bytes) => new(bytes[..bytes.IndexOf((byte)0)].ToArray());

    private static void WriteText(KString text, Span<byte> bytes)
    {
        if (text.Length >= bytes.Length) throw new StoreException($"it holds strings of at most {bytes.Length - 1} bytes while tracing, so it can't take one of {text.Length}");
        if (text.Span.Contains((byte)0)) throw new StoreException("strings that handlers share end at their first NUL, so it can't take one with a NUL in it");
        bytes.Clear();
        text.Span.CopyTo(bytes);
    }

    private static string NameAt(NameSet names, long index) => index >= 0 && index < names.Names.Length ? names.Names[(int)index] : "?";

    private static long Word(ReadOnlySpan<byte> bytes) => BitConverter.ToInt64(bytes);
}
