using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;

namespace Ktap.Compiler.Lowering;

/// <summary>Memory of a buffer: a slot of the stack frame, or a place in the handler's scratch memory.</summary>
internal readonly record struct Place(FrameSlot? Slot, int ScratchOffset);

/// <summary>What belongs to one function being built: the handler's own, or one that the kernel calls back for a round of a loop.</summary>
internal sealed class FunctionState
{
    /// <summary>The function.</summary>
    public required IrBuilder Ir { get; init; }

    /// <summary>What builtins and sites emit into.</summary>
    public required KernelEmitter Emitter { get; init; }

    /// <summary>Where the handler ends.</summary>
    public required IrBlock End { get; init; }

    /// <summary>The index of the event that was hit.</summary>
    public IrOperand ProbeName { get; set; }

    /// <summary>Where the functions being inlined end, the innermost last.</summary>
    public Stack<IrBlock> Returns { get; } = new();

    /// <summary>Where those that call themselves at their end begin again.</summary>
    public Stack<IrBlock> Restarts { get; } = new();

    /// <summary>Where the loops go on and where they are left.</summary>
    public Stack<(IrBlock Continue, IrBlock Break)> Loops { get; } = new();

    /// <summary>Ops of the entry block.</summary>
    public List<IrOp> Entry { get; } = [];

    /// <summary>Buffers of the statement being lowered, and those that can be used again.</summary>
    public List<(int Size, Place Place)> InUse { get; } = [];

    /// <summary>Buffers that can be used again.</summary>
    public List<(int Size, Place Place)> Free { get; } = [];

    /// <summary>The bytes of stack that slots take.</summary>
    public int StackBytes { get; set; }

    /// <summary>The address of the scratch memory, where the function needs it.</summary>
    public VReg? Scratch { get; set; }
}
