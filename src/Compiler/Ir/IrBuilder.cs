using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Ir;

/// <summary>
/// Builds one function block by block. Ops go to the current block; after a terminator there is none until
/// <see cref="Start"/>, and what is emitted meanwhile is unreachable and dropped.
/// </summary>
public sealed class IrBuilder
{
    private readonly string _name;
    private readonly SourceText _source;
    private readonly List<IrBlock> _blocks = [];
    private readonly List<FrameSlot> _slots = [];
    private IrBlock? _current;
    private int _registers;

    /// <summary>Begins a function with its entry block open.</summary>
    public IrBuilder(string name, SourceText source)
    {
        _name = name;
        _source = source;
        Start(NewBlock());
    }

    /// <summary>The place in the script that ops emitted from now on come from.</summary>
    public TextSpan Span { get; set; }

    /// <summary>Whether code emitted now can be reached.</summary>
    public bool IsReachable => _current is not null;

    /// <summary>A fresh register.</summary>
    public VReg NewRegister() => new(_registers++);

    /// <summary>A new block, not placed yet.</summary>
    public IrBlock NewBlock() => new(_blockIds++);

    private int _blockIds;

    /// <summary>A slot in the stack frame; <paramref name="size"/> in bytes is rounded up to words.</summary>
    public FrameSlot NewSlot(int size, string purpose)
    {
        var slot = new FrameSlot(_slots.Count, (size + 7) / 8 * 8, purpose);
        _slots.Add(slot);
        return slot;
    }

    /// <summary>Places a block after those already placed and makes it the current one; an open block before it falls into it.</summary>
    public void Start(IrBlock block)
    {
        if (_current is not null) Emit(new IrOp.Jump(block, Span));
        _blocks.Add(block);
        _current = block;
    }

    /// <summary>Adds an op to the current block, or drops it where there is none.</summary>
    public void Emit(IrOp op)
    {
        if (_current is null) return;
        _current.Ops.Add(op);
        Emitted++;
        if (op is IrOp.Branch) Branches++;
        if (op.IsTerminator()) _current = null;
    }

    /// <summary>How many operations were emitted so far, unreachable ones not counted.</summary>
    public int Emitted { get; private set; }

    /// <summary>How many of them were branches.</summary>
    public int Branches { get; private set; }

    /// <summary>Adds an op whose final form is not known yet: it is at the index of the block's ops that it gives. (A block of nobody's where code can't be reached.)</summary>
    public (IrBlock Block, int Index) EmitLater(IrOp op)
    {
        Emit(op);
        return _current is null ? (new IrBlock(-1) { Ops = { op } }, 0) : (_current, _current.Ops.Count - 1);
    }

    /// <summary>A constant in a fresh register.</summary>
    public VReg Const(long value) => With(dst => new IrOp.Const(dst, value, Span));

    /// <summary>A register that holds the operand.</summary>
    public VReg Materialize(IrOperand operand) => operand.Register ?? Const(operand.Immediate);

    /// <summary>A fresh copy.</summary>
    public VReg Copy(IrOperand source) => source.Register is { } reg ? With(dst => new IrOp.Copy(dst, reg, Span)) : Const(source.Immediate);

    /// <summary>Assigns to an existing register.</summary>
    public void Assign(VReg dst, IrOperand source) =>
        Emit(source.Register is { } reg ? new IrOp.Copy(dst, reg, Span) : new IrOp.Const(dst, source.Immediate, Span));

    /// <summary>a op b.</summary>
    public VReg Binary(IrBinary op, IrOperand a, IrOperand b)
    {
        var left = Materialize(a);
        return With(dst => new IrOp.Binary(dst, op, left, b, Span));
    }

    /// <summary>8 bytes that were loaded, as a big-endian word.</summary>
    public VReg Swap(VReg source) => With(dst => new IrOp.Swap(dst, source, Span));

    /// <summary>a cond b as 1 or 0.</summary>
    public VReg Compare(IrCondition condition, IrOperand a, IrOperand b)
    {
        var left = Materialize(a);
        return With(dst => new IrOp.Compare(dst, condition, left, b, Span));
    }

    /// <summary>Memory at address + offset.</summary>
    public VReg Load(VReg address, int offset, int size = 8, bool signed = false) =>
        With(dst => new IrOp.Load(dst, size, signed, address, offset, Span));

    /// <summary>Stores the low bytes of a value.</summary>
    public void Store(VReg address, int offset, IrOperand value, int size = 8) => Emit(new IrOp.Store(size, address, offset, value, Span));

    /// <summary>An atomic add without result.</summary>
    public void AtomicAdd(VReg address, int offset, IrOperand value)
    {
        var reg = Materialize(value);
        Emit(new IrOp.Atomic(IrAtomic.Add, 8, address, offset, reg, null, null, Span));
    }

    /// <summary>The address of a frame slot.</summary>
    public VReg Address(FrameSlot slot, int offset = 0) => With(dst => new IrOp.FrameAddress(dst, slot, offset, Span));

    /// <summary>A map, as helpers take it.</summary>
    public VReg Map(MapSpec map) => With(dst => new IrOp.MapAddress(dst, map, Span));

    /// <summary>The address of bytes in a data section.</summary>
    public VReg Data(DataKind section, int offset) => With(dst => new IrOp.DataAddress(dst, section, offset, Span));

    /// <summary>Of a function that the kernel calls back: the address of the word that holds the program's context.</summary>
    public VReg? PassedContext { get; set; }

    /// <summary>The program's context.</summary>
    public VReg Context() => PassedContext is { } passed ? Load(passed, 0) : With(dst => new IrOp.Context(dst, Span));

    /// <summary>The address of a function that the kernel calls back.</summary>
    public VReg Function(string name) => With(dst => new IrOp.FunctionAddress(dst, name, Span));

    /// <summary>A helper call with a result.</summary>
    public VReg Call(BpfHelper helper, CallEffect effect, params ReadOnlySpan<IrOperand> args)
    {
        var list = args.ToImmutableArray();
        return With(dst => new IrOp.Call(dst, helper, list, effect, Span));
    }

    /// <summary>A helper call whose result nobody wants.</summary>
    public void CallVoid(BpfHelper helper, params ReadOnlySpan<IrOperand> args) =>
        Emit(new IrOp.Call(null, helper, args.ToImmutableArray(), CallEffect.Any, Span));

    /// <summary>Goes on at a block.</summary>
    public void Jump(IrBlock target) => Emit(new IrOp.Jump(target, Span));

    /// <summary>Goes on at one of two blocks.</summary>
    public void Branch(IrCondition condition, IrOperand a, IrOperand b, IrBlock then, IrBlock otherwise)
    {
        var left = Materialize(a);
        Emit(new IrOp.Branch(condition, left, b, then, otherwise, Span));
    }

    /// <summary>Ends the program.</summary>
    public void Return(IrOperand value) => Emit(new IrOp.Return(value, Span));

    /// <summary>The finished function; a block left open returns 0.</summary>
    public IrFunction Finish()
    {
        Return(0);
        return new IrFunction(_name, _source, [.. _blocks], _registers, [.. _slots]);
    }

    private VReg With(Func<VReg, IrOp> make)
    {
        var dst = NewRegister();
        Emit(make(dst));
        return dst;
    }
}
