using System.Collections.Immutable;

namespace Ktap.Compiler.Bpf;

/// <summary>A place in code that jumps can name before it is known; made by <see cref="Assembler.NewLabel"/>.</summary>
public readonly record struct Label(int Id);

/// <summary>Slot <paramref name="Index"/> refers to a symbol of the object: a map, a variable or a function; a 16-byte load's immediate is added to it.</summary>
public readonly record struct BpfRelocation(int Index, string Symbol);

/// <summary>
/// The code of one function: its slots, a tag a slot (what <see cref="Assembler.Tag"/> was), what refers to symbols, and the
/// slots whose jump is farther than 16 bits reach (empty, or the code can't be used).
/// </summary>
public sealed record AssembledCode(
    ImmutableArray<BpfInstruction> Instructions, ImmutableArray<int> Tags, ImmutableArray<BpfRelocation> Relocations, ImmutableArray<int> TooFar);

/// <summary>Collects the code of one function, with jumps to labels; <see cref="Finish"/> turns them into distances.</summary>
public sealed class Assembler
{
    private readonly List<BpfInstruction> _code = [];
    private readonly List<int> _tags = [];
    private readonly List<BpfRelocation> _relocations = [];
    private readonly List<(int Index, Label Target)> _jumps = [];
    private readonly List<int> _labels = [];

    /// <summary>The tag of the instructions emitted next: an index of the caller's, such as of source spans.</summary>
    public int Tag { get; set; }

    /// <summary>The number of slots emitted so far: the index of the next one.</summary>
    public int Position => _code.Count;

    /// <summary>A label that is nowhere yet.</summary>
    public Label NewLabel()
    {
        _labels.Add(-1);
        return new Label(_labels.Count - 1);
    }

    /// <summary>Puts the label at the next instruction.</summary>
    /// <exception cref="InvalidOperationException">It has a place already.</exception>
    public void Mark(Label label)
    {
        if (_labels[label.Id] >= 0) throw new InvalidOperationException($"label {label.Id} is marked twice");
        _labels[label.Id] = _code.Count;
    }

    /// <summary>Appends one slot.</summary>
    public void Emit(BpfInstruction instruction)
    {
        _code.Add(instruction);
        _tags.Add(Tag);
    }

    /// <summary>Appends the two slots of a 16-byte load.</summary>
    public void Emit((BpfInstruction First, BpfInstruction Second) wide)
    {
        Emit(wide.First);
        Emit(wide.Second);
    }

    /// <summary>dst = value, in the shortest form.</summary>
    public void LoadConstant(BpfRegister dst, long value)
    {
        if (value == (int)value) Emit(BpfInstruction.Mov(dst, (int)value));
        else if (value == (uint)value) Emit(BpfInstruction.Mov32(dst, (int)(uint)value));
        else Emit(BpfInstruction.LoadImmediate64(dst, (ulong)value));
    }

    /// <summary>dst = the address of a symbol (a map; a variable plus <paramref name="addend"/> bytes), by relocation.</summary>
    public void LoadSymbol(BpfRegister dst, string symbol, int addend = 0)
    {
        _relocations.Add(new(_code.Count, symbol));
        Emit(BpfInstruction.Wide(dst, BpfPseudo.None, addend));
    }

    /// <summary>dst = the address of a function of the object, for a callback (kernel 5.13), by relocation.</summary>
    public void LoadFunction(BpfRegister dst, string function)
    {
        _relocations.Add(new(_code.Count, function));
        Emit(BpfInstruction.Wide(dst, BpfPseudo.Function, 0));
    }

    /// <summary>Calls a function of the object, or a kernel function declared in it, by relocation.</summary>
    public void CallSymbol(string function)
    {
        _relocations.Add(new(_code.Count, function));
        Emit(BpfInstruction.CallFunction());
    }

    /// <summary>Appends a jump made by <see cref="BpfInstruction"/> with any distance; it will go to the label.</summary>
    /// <exception cref="ArgumentException">The instruction isn't a jump.</exception>
    public void Jump(BpfInstruction jump, Label target)
    {
        if (!jump.IsJump) throw new ArgumentException($"not a jump: {jump}", nameof(jump));
        _jumps.Add((_code.Count, target));
        Emit(jump);
    }

    /// <summary>goto the label.</summary>
    public void Jump(Label target) => Jump(BpfInstruction.Jump(0), target);

    /// <summary>if (dst op src) goto the label.</summary>
    public void JumpIf(BpfJumpOp op, BpfRegister dst, BpfRegister src, Label target) => Jump(BpfInstruction.JumpIf(op, dst, src, 0), target);

    /// <summary>if (dst op the immediate, sign-extended) goto the label.</summary>
    public void JumpIf(BpfJumpOp op, BpfRegister dst, int immediate, Label target) => Jump(BpfInstruction.JumpIf(op, dst, immediate, 0), target);

    /// <summary>Resolves the jumps.</summary>
    /// <exception cref="InvalidOperationException">A jump goes to a label that was never marked.</exception>
    public AssembledCode Finish()
    {
        var code = _code.ToArray();
        var tooFar = ImmutableArray.CreateBuilder<int>();
        foreach (var (index, target) in _jumps)
        {
            var to = _labels[target.Id];
            if (to < 0) throw new InvalidOperationException($"label {target.Id} is used at {index} and never marked");
            var distance = to - index - 1;
            if (distance == (short)distance) code[index] = code[index] with { Offset = (short)distance };
            else tooFar.Add(index);
        }
        return new(code.ToImmutableArray(), [.. _tags], [.. _relocations], tooFar.ToImmutable());
    }
}
