using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Places of static markers that have their arguments in the same registers and memory.</summary>
internal sealed class UserMarkerSite(Target target, string description, ImmutableArray<UserProbePlace> places, ImmutableArray<MarkerOperand> operands, ProbeOptions options)
    : UserSite(target, description, places, false, options)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [];

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        if (number == 0) return Address;
        if (number > operands.Length) return null;
        var (name, operand) = ($"arg{number}", operands[number - 1]);
        var type = new KtapType.IntType(operand is { Size: 8, IsSigned: false } ? IntFormat.UnsignedInt : null);
        return operand.Place switch
        {
            MarkerPlace.Unreadable => new ProbeField(name, KtapType.Nil, _ => IrValue.Nil),
            MarkerPlace.Memory memory => new ProbeField(name, type.OrNil, e => Read(e, memory, operand)),
            MarkerPlace.Constant constant => new ProbeField(name, type, e => IrValue.OfWord(type, Widened(e.Ir, e.Ir.Const(constant.Value), operand.Size, operand.IsSigned))),
            MarkerPlace.Register register => new ProbeField(name, type, e => IrValue.OfWord(type, Widened(e.Ir, Load(e.Ir, register), operand.Size, operand.IsSigned))),
            _ => null,
        };
    }

    /// <inheritdoc/>
    protected override ImmutableArray<(ProbeField Field, bool IsHex)> TextFields =>
        Sequence.Range(1, operands.Length).Where(n => operands[n - 1].Place is not MarkerPlace.Unreadable).Select(n => (Argument(n)!, false)).ToImmutableArray();

    private IrValue Read(KernelEmitter e, MarkerPlace.Memory memory, MarkerOperand operand)
    {
        var ir = e.Ir;
        IrOperand address = memory.Base is { } from ? Load(ir, from) : 0L;
        if (memory.Index is { } index)
            address = ir.Binary(IrBinary.Add, address, ir.Binary(IrBinary.Mul, Widened(ir, Load(ir, index), index.Size, memory.IndexHasSign), memory.Scale));
        var pointer = IrValue.OfWord(new KtapType.PointerType(new CType.Void(), IsUser: true), address);
        return MemoryReader.Of(this).At(e, pointer, new CType.Integer("marker", operand.Size, operand.IsSigned), isUser: true, memory.Offset);
    }

    private VReg Load(IrBuilder ir, MarkerPlace.Register register)
    {
        var word = ir.Load(ir.Context(), Target.Architecture.Registers[register.Name], Target.Architecture.WordSize);
        return register.Shift == 0 ? word : ir.Binary(IrBinary.ShrU, word, register.Shift);
    }

    private static VReg Widened(IrBuilder ir, VReg word, int size, bool isSigned)
    {
        var bits = 64 - size * 8;
        return bits == 0 ? word : ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, ir.Binary(IrBinary.Shl, word, bits), bits);
    }
}
