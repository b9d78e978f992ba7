using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>A parameter of a kernel function: <paramref name="Slot"/> is its place among the words that the function is given, <paramref name="Words"/> how many of them it takes.</summary>
public sealed record FunctionParameter(string Name, CType Type, int Slot, int Words);

/// <summary>What the target's BTF says of a function: its parameters and the type of its result.</summary>
public sealed class FunctionSignature
{
    private readonly MemoryReader _memory;

    private FunctionSignature(CFunction function, MemoryReader memory)
    {
        _memory = memory;
        Result = function.Result;
        var (parameters, slot, word) = (ImmutableArray.CreateBuilder<FunctionParameter>(), 0, memory.Types.WordSize);
        for (var i = 0; i < function.Parameters.Length; i++)
        {
            var words = Math.Max(1, ((memory.Types.SizeOf(function.Parameters[i]) ?? word) + word - 1) / word);
            parameters.Add(new FunctionParameter(i < function.ParameterNames.Length ? function.ParameterNames[i] : "", function.Parameters[i], slot, words));
            slot += words;
        }
        Parameters = parameters.ToImmutable();
        Words = slot;
    }

    /// <summary>The parameters in order.</summary>
    public ImmutableArray<FunctionParameter> Parameters { get; }

    /// <summary>How many words the parameters take.</summary>
    public int Words { get; }

    /// <summary>The type of the result.</summary>
    public CType Result { get; }

    /// <summary>The signature of a function; null where the target has no BTF, or the function isn't in it.</summary>
    public static FunctionSignature? Of(string function, Target target, ProbeOptions options)
    {
        if (!options.Types.HasBtf || target.Btf is not { } btf || btf.Find(Btf.BtfKind.Function, function) == 0) return null;
        return options.Types.Function(function) is { } known
            ? new FunctionSignature(known, new MemoryReader(options.Types, options.StringLength, target.Architecture.IsBigEndian))
            : null;
    }

    /// <summary>The ktap type of a parameter's or result's value; null for what is no word: structs, and void.</summary>
    public KtapType? TypeOf(CType type) => _memory.Types.Resolve(type) is CType.Integer { Size: 1 or 2 or 4 or 8 } or CType.Enumeration or CType.Pointer
        ? _memory.TypeOf(type, isUser: false, mayBeNil: false)?.NotNil
        : null;

    /// <summary>A word as the value of a C type: cut to its size, with its sign.</summary>
    public IrValue Value(IrBuilder ir, CType type, IrOperand word)
    {
        var (size, isSigned) = _memory.Types.Resolve(type) switch
        {
            CType.Integer i => (i.Size, i.IsSigned),
            CType.Enumeration e => (e.Size, e.IsSigned),
            _ => (_memory.Types.WordSize, false),
        };
        if (size < 8)
        {
            var bits = 64 - size * 8;
            word = ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, ir.Binary(IrBinary.Shl, word, bits), bits);
        }
        return IrValue.OfWord(TypeOf(type)!, word);
    }
}
