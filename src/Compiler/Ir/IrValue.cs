using System.Collections.Immutable;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Ir;

/// <summary>
/// A ktap value while a handler's code is built: its type, and where it is. Words (integers, booleans, names, pointers) are an
/// operand, strings an address of bytes padded with NULs, tuples their parts; what may be nil carries a register that says whether it is there.
/// </summary>
public sealed record IrValue(KtapType Type)
{
    /// <summary>The word, for types that are one.</summary>
    public IrOperand Word { get; private init; }

    /// <summary>
    /// The address of a string's bytes: <see cref="KtapType.StringType.Capacity"/> of them, readable, those behind the string NUL, and at least one.
    /// Of mixed kinds with strings, that of the payload as it is stored.
    /// </summary>
    public VReg Address { get; private init; }

    /// <summary>Of mixed kinds: which it is (<see cref="KindTag"/>).</summary>
    public IrOperand Tag { get; private init; }

    /// <summary>The parts of a tuple.</summary>
    public ImmutableArray<IrValue> Parts { get; private init; }

    /// <summary>1 where there is a value and 0 where it is nil; null where it is always there. Only of an optional type.</summary>
    public VReg? Present { get; private init; }

    /// <summary>The value itself where it is known when compiling: literals, tables, functions.</summary>
    public Value? Constant { get; private init; }

    /// <summary>nil.</summary>
    public static IrValue Nil { get; } = new(KtapType.Nil) { Constant = Value.Nil };

    /// <summary>A word of a type.</summary>
    public static IrValue OfWord(KtapType type, IrOperand word) => new(type)
    {
        Word = word,
        Constant = word.Register is null && type is KtapType.IntType ? Value.Int(word.Immediate) : null,
    };

    /// <summary>An integer.</summary>
    public static IrValue OfInt(IrOperand word) => OfWord(KtapType.Int, word);

    /// <summary>A boolean, 1 or 0.</summary>
    public static IrValue OfBool(IrOperand word) => OfWord(KtapType.Bool, word);

    /// <summary>A string in memory, in so many bytes (<see cref="KtapType.StringType.Capacity"/>).</summary>
    public static IrValue OfString(int capacity, VReg address) => new(new KtapType.StringType(capacity)) { Address = address };

    /// <summary>Of mixed kinds without strings.</summary>
    public static IrValue OfAny(IrOperand tag, IrOperand word) => new(new KtapType.AnyType(0)) { Tag = tag, Word = word };

    /// <summary>Of mixed kinds with strings: the payload is at an address.</summary>
    public static IrValue OfAny(int stringCapacity, IrOperand tag, VReg payload) => new(new KtapType.AnyType(stringCapacity)) { Tag = tag, Address = payload };

    /// <summary>A key of several parts.</summary>
    public static IrValue OfTuple(ImmutableArray<IrValue> parts) => new(new KtapType.TupleType([.. parts.Select(p => p.Type)])) { Parts = parts };

    /// <summary>A value known when compiling: a string (of type <paramref name="type"/>), a table, a function.</summary>
    public static IrValue OfConstant(KtapType type, Value value) => new(type) { Constant = value };

    /// <summary>The event as text; its bytes are written by the site straight into the record that carries it.</summary>
    public static IrValue OfEventText(bool newline) => new(new KtapType.EventTextType(newline));

    /// <summary>The same string, with its bytes at an address.</summary>
    public IrValue At(VReg address) => this with { Address = address };

    /// <summary>This value where <paramref name="present"/> is 1, else nil.</summary>
    public IrValue When(VReg present) => this with { Type = Type.OrNil, Present = present, Constant = null };

    /// <summary>This value where it is known to be there.</summary>
    public IrValue Unwrapped => this with { Type = Type.NotNil, Present = null };
}
