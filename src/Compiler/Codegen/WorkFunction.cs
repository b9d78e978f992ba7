using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// A function on its way to registers: blocks of its own in the order of the code, and what is known of each virtual register.
/// A register with a <em>recipe</em> can be made again by one operation wherever it is wanted: a constant, an address, a reload
/// from the stack. Once it is <em>inline</em> it takes no machine register of its own: where an operation can hold the recipe (an argument, a
/// base in the frame) it does, elsewhere the recipe goes to a temporary just before.
/// </summary>
internal sealed class WorkFunction
{
    private readonly List<RegisterFacts> _facts;
    private readonly AddressRegisters? _addresses; // only of a function with guarded loops
    private readonly int _ownRegisters;

    public WorkFunction(IrFunction function)
    {
        Name = function.Name;
        Blocks = BlockLayout.Order(function);
        Slots = [.. function.Slots];
        _ownRegisters = function.RegisterCount;
        if (function.Blocks.Any(b => b.Ops[^1] is IrOp.Guard)) _addresses = new AddressRegisters(ControlFlow.Of(function), function.RegisterCount);
        _facts = new List<RegisterFacts>(function.RegisterCount + 16);
        for (var i = 0; i < function.RegisterCount; i++) _facts.Add(new RegisterFacts());
    }

    public string Name { get; }

    public List<IrBlock> Blocks { get; }

    /// <summary>The function's own slots, then those of spilled registers.</summary>
    public List<FrameSlot> Slots { get; }

    public int RegisterCount => _facts.Count;

    public RegisterFacts this[VReg reg] => _facts[reg.Id];

    /// <summary>Whether the register takes no machine register.</summary>
    public bool IsInline(VReg reg) => _facts[reg.Id].IsInline;

    /// <summary>
    /// Whether a comparison of a register that was reloaded must tell the verifier nothing of the slot it came from. While it walks a guarded loop the verifier compares slots that
    /// nobody reads any more too, so each such comparison would double what there is to walk. Addresses have to be known where they are not null.
    /// </summary>
    public bool ComparesApart(VReg reg) => _addresses is not null && reg.Id < _ownRegisters && !_addresses.Contains(reg.Id);

    /// <summary>The slot address that the register is, if it is inline and that is its recipe.</summary>
    public IrOp.FrameAddress? InlineFrame(VReg reg) => _facts[reg.Id] is { IsInline: true, Recipe: IrOp.FrameAddress address } ? address : null;

    /// <summary>The constant that the register is, if it is inline and that is its recipe.</summary>
    public long? InlineConstant(VReg reg) => _facts[reg.Id] is { IsInline: true, Recipe: IrOp.Const constant } ? constant.Value : null;

    public VReg NewRegister(IrOp? recipe, int level)
    {
        _facts.Add(new RegisterFacts { Recipe = recipe, Level = level });
        return new VReg(_facts.Count - 1);
    }

    /// <summary>A register that is, inline, the address of a new slot of 8 bytes.</summary>
    public VReg NewSpillSlot(VReg spilled)
    {
        var slot = new FrameSlot(Slots.Count, 8, $"spilled {spilled}");
        Slots.Add(slot);
        var address = new IrOp.FrameAddress(new VReg(RegisterCount), slot, 0, default);
        var reg = NewRegister(address, 0);
        this[reg].IsInline = true;
        return reg;
    }
}

/// <summary>What register allocation knows of a virtual register.</summary>
internal sealed class RegisterFacts
{
    /// <summary>An operation that gives its value wherever it is wanted; the destination and span don't matter.</summary>
    public IrOp? Recipe { get; set; }

    /// <summary>Whether it takes no machine register: it was rematerialised or spilled.</summary>
    public bool IsInline { get; set; }

    /// <summary>
    /// How far it has been cut up: 0 for the function's own registers, 1 for a temporary that serves a stretch of a block, 2
    /// for one that serves a single operation and can't be spilled.
    /// </summary>
    public int Level { get; set; }
}
