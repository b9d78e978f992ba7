using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Lowering;

// Strings: buffers of whole words padded with NULs; and the conversions between types that hold the same values.
internal sealed partial class HandlerLowering
{
    private long Word(KString text, int at)
    {
        Span<byte> word = stackalloc byte[8];
        if (at < text.Length) text.Span[at..Math.Min(text.Length, at + 8)].CopyTo(word);
        return _context.Target.Architecture.IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(word) : BinaryPrimitives.ReadInt64LittleEndian(word);
    }

    // A constant of that many bytes in the read-only data.
    private VReg Literal(KString text, int capacity)
    {
        var bytes = new byte[capacity];
        text.Span.CopyTo(bytes);
        return _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. bytes]));
    }

    // Strings and integers joined; a part that is nil ends the handler.
    private IrValue Concat(TypedConcat e)
    {
        var parts = e.Parts.Select(p => Required(Expression(p))).Select(p => p.Type is KtapType.AnyType ? KernelText.OfMixed(_emitter, p, takesBool: false) : AsString(p)).ToArray();
        return KernelText.Join(_emitter, parts, _handler.Site.Options.StringLength);
    }

    // A value that may not be nil here: where it is, the handler ends.
    private IrValue Required(IrValue value)
    {
        if (value.Present is { } present) EndWhere(IrCondition.Eq, present, 0L, HandlerError.BadOperand);
        return value.Unwrapped;
    }

    // A call of a builtin: what its parameters don't take as nil ends the handler.
    private IrValue KernelCall(TypedKernelCall e)
    {
        var body = e.Builtin.Kernel!;
        var parameters = e.Builtin.Parameters;
        var arguments = e.Arguments.Select((argument, i) =>
        {
            var parameter = parameters[Math.Min(i, parameters.Length - 1)];
            var value = Expression(argument);
            return body.TakesNil || parameter.IsOptional || parameter.Accepts == ArgumentKind.Any ? value : Required(value);
        });
        return body.Emit(new KernelContext(_emitter, _handler.Site, _function.ProbeName, RequestExit, CaptureStack, AsString), [.. arguments]);
    }

    // A string with an address: literals come from the read-only data, names from a table of them there.
    private IrValue AsString(IrValue value)
    {
        if (value.Type is KtapType.NameType names) return NameString(value, names.Names);
        if (value.Constant is not { Kind: ValueKind.String } constant) return value;
        var capacity = ((KtapType.StringType)value.Type).Capacity;
        return IrValue.OfConstant(value.Type, constant).At(Literal(constant.AsString, capacity));
    }

    private IrValue NameString(IrValue value, NameSet names)
    {
        var capacity = KtapType.String(names.Longest).Capacity;
        var bytes = new byte[capacity * names.Names.Length];
        for (var i = 0; i < names.Names.Length; i++) Encoding.UTF8.GetBytes(names.Names[i], bytes.AsSpan(i * capacity));
        var table = _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. bytes]));
        var index = InRange(value.Word, names.Names.Length);
        return IrValue.OfString(capacity, _ir.Binary(IrBinary.Add, table, _ir.Binary(IrBinary.Mul, index, capacity)));
    }

    // The verifier has to see that an index lies in its table; an index that doesn't (there is none) would count as 0.
    private VReg InRange(IrOperand index, int length)
    {
        var result = _ir.Copy(index);
        var (outside, inside) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.GeU, result, length, outside, inside);
        _ir.Start(outside);
        _ir.Assign(result, 0);
        _ir.Start(inside);
        return result;
    }

    /// <summary>The same value as a wider type that typing joined it into.</summary>
    private IrValue Coerce(IrValue value, KtapType to)
    {
        if (to is KtapType.OptionalType optional)
        {
            if (value.Type is KtapType.NilType) return Zero(optional.Inner).When(_ir.Const(0));
            return Coerce(value.Unwrapped, optional.Inner).When(value.Present ?? _ir.Const(1));
        }
        if (value.Type is KtapType.NilType or KtapType.NeverType) return Zero(to);
        if (value.Type is KtapType.OptionalType) return Coerce(value.Unwrapped, to);
        return (value.Type, to) switch
        {
            (KtapType.NameType from, KtapType.NameType into) => IrValue.OfWord(to, NameIndex(value, from.Names, into.Names)),
            (KtapType.StringType or KtapType.NameType, KtapType.StringType wide) => Widened(value, wide.Capacity),
            (_, KtapType.AnyType any) => ToAny(value, any),
            (KtapType.TupleType, KtapType.TupleType into) => IrValue.OfTuple([.. value.Parts.Select((p, i) => Coerce(p, into.Parts[i]))]),
            _ => IrValue.OfWord(to, value.Word),
        };
    }

    // What stands where there is no value: never seen, but the verifier wants something there.
    private IrValue Zero(KtapType type) => type switch
    {
        KtapType.StringType s => IrValue.OfString(s.Capacity, Literal(KString.Empty, s.Capacity)),
        KtapType.AnyType { StringCapacity: > 0 and var capacity } => IrValue.OfAny(capacity, KindTag.Int, Literal(KString.Empty, capacity)),
        KtapType.AnyType => IrValue.OfAny(KindTag.Int, 0L),
        KtapType.TupleType t => IrValue.OfTuple([.. t.Parts.Select(Zero)]),
        _ => IrValue.OfWord(type, 0L),
    };

    private IrOperand NameIndex(IrValue value, NameSet from, NameSet into)
    {
        var map = from.Names.Select(into.IndexOf).ToArray();
        if (map.Select((to, i) => to == i).All(same => same)) return value.Word;
        if (value.Word.Register is null) return map[value.Word.Immediate];
        var bytes = new byte[map.Length * 4];
        for (var i = 0; i < map.Length; i++)
        {
            if (_context.Target.Architecture.IsBigEndian) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * 4), map[i]);
            else BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), map[i]);
        }
        var table = _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. bytes]));
        var index = InRange(value.Word, map.Length);
        return _ir.Load(_ir.Binary(IrBinary.Add, table, _ir.Binary(IrBinary.Shl, index, 2)), 0, 4);
    }

    private IrValue Widened(IrValue value, int capacity)
    {
        if (value.Constant is { Kind: ValueKind.String } constant)
            return IrValue.OfConstant(new KtapType.StringType(capacity), constant).At(Literal(constant.AsString, capacity));
        var text = AsString(value);
        var from = ((KtapType.StringType)text.Type).Capacity;
        if (from >= capacity) return text;
        var buffer = Buffer(capacity, "widened");
        for (var at = 0; at < capacity; at += 8) _ir.Store(buffer, at, at < from ? _ir.Load(text.Address, at) : 0L);
        return IrValue.OfString(capacity, buffer);
    }

    // Copies a string's words.
    private void CopyWords(VReg to, int offset, IrValue value)
    {
        var capacity = ((KtapType.StringType)value.Type.NotNil).Capacity;
        for (var at = 0; at < capacity; at += 8)
            _ir.Store(to, offset + at, value.Constant is { Kind: ValueKind.String } c ? Word(c.AsString, at) : _ir.Load(value.Address, at));
    }

    // Stores a value of its own type, as Layout has it.
    private void StoreAt(VReg to, int offset, IrValue value)
    {
        switch (value.Type.NotNil)
        {
            case KtapType.StringType:
                CopyWords(to, offset, value);
                break;
            case KtapType.AnyType:
                StoreAny(to, offset, value.Unwrapped);
                break;
            case KtapType.TupleType:
                foreach (var part in value.Parts)
                {
                    StoreAt(to, offset, part);
                    offset += Layout.SizeOf(part.Type);
                }
                break;
            default:
                _ir.Store(to, offset, value.Word);
                break;
        }
    }

    private void Glob(TypedGlob g, IrBlock then, IrBlock otherwise)
    {
        var value = Expression(g.Operand);
        if (value.Present is { } present)
        {
            var there = _ir.NewBlock();
            _ir.Branch(IrCondition.Ne, present, 0, there, otherwise);
            _ir.Start(there);
        }
        value = value.Unwrapped;
        if (value.Type is KtapType.NameType names)
        {
            GlobName(value, names.Names, g.Pattern, then, otherwise);
            return;
        }
        var text = AsString(value);
        _ir.Branch(IrCondition.Ne, KernelText.Matches(_emitter, new KString(g.Pattern), text), 0, then, otherwise);
    }

    // Which names match is known now: a table of bytes.
    private void GlobName(IrValue value, NameSet names, string pattern, IrBlock then, IrBlock otherwise)
    {
        var matches = names.Names.Select(n => (byte)(Types.Glob.Matches(pattern, n) ? 1 : 0)).ToArray();
        var table = _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. matches]));
        var index = InRange(value.Word, matches.Length);
        _ir.Branch(IrCondition.Ne, _ir.Load(_ir.Binary(IrBinary.Add, table, index), 0, 1), 0, then, otherwise);
    }
}
