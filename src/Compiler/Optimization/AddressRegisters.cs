using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// The registers that hold addresses, or numbers that addresses are made of: offsets, and what helpers are passed. What the verifier knows of them is
/// what it needs to accept the access, so it must not be hidden.
/// </summary>
internal sealed class AddressRegisters
{
    private readonly bool[] _addresses;
    private readonly bool[] _parts;
    private readonly bool[] _loaded; // what may be a pointer to a struct of the kernel, as the verifier knows them
    private readonly bool[] _typed; // what surely is one, or was loaded from one
    private bool _grew;

    public AddressRegisters(ControlFlow flow, int registerCount)
    {
        (_addresses, _parts) = (new bool[registerCount], new bool[registerCount]);
        (_loaded, _typed) = (new bool[registerCount], new bool[registerCount]);
        do
        {
            _grew = false;
            // Sources stand before what is made of them, so that going forward finds most addresses at once, and backward most parts.
            foreach (var block in flow.Order)
                foreach (var op in block.Ops) Forward(op);
            for (var b = flow.Count - 1; b >= 0; b--)
                for (var i = flow.Order[b].Ops.Count - 1; i >= 0; i--) Backward(flow.Order[b].Ops[i]);
        }
        while (_grew);
    }

    /// <summary>Whether the register is one, in any place of the function.</summary>
    public bool Contains(int register) => _addresses[register] || _parts[register];

    private void Forward(IrOp op)
    {
        switch (op)
        {
            case IrOp.FrameAddress or IrOp.MapAddress or IrOp.DataAddress or IrOp.Context or IrOp.Parameter or IrOp.FunctionAddress:
                Mark(_addresses, op.Definition()!.Value);
                break;
            case IrOp.Load o:
                Mark(_addresses, o.Base);
                if (o.Size != 8) break;
                Mark(_loaded, o.Dst);
                if (_typed[o.Base.Id]) MarkTyped(o.Dst);
                break;
            case IrOp.Call { Dst: { } result } call:
                Mark(_loaded, result);
                // Also where nothing is read there, and the script only wants to know whether it is null.
                if (call.Helper is BpfHelper.MapLookupElem or BpfHelper.RingbufReserve) Mark(_addresses, result);
                if (call.Function is not null || call.Helper is BpfHelper.GetCurrentTaskBtf or BpfHelper.TaskPtRegs) MarkTyped(result);
                break;
            case IrOp.Store o: Mark(_addresses, o.Base); break;
            case IrOp.Atomic o: Mark(_addresses, o.Base); break;
            case IrOp.Copy o: Pass(o.Src, o.Dst); break;
            case IrOp.Binary { Op: IrBinary.Add or IrBinary.Sub } o:
                Pass(o.A, o.Dst);
                if (o.B.Register is { } b) Pass(b, o.Dst);
                break;
        }
    }

    private void Backward(IrOp op)
    {
        switch (op)
        {
            case IrOp.Guard { Rounds: { } rounds }: Mark(_parts, rounds); break;
            case IrOp.Call o:
                for (var i = 0; i < o.Args.Length; i++)
                    if (o.Args[i].Register is { } passed && (!IsAnyNumber(o.Helper, i) || _loaded[passed.Id])) Mark(_parts, passed);
                break;
            case IrOp.Copy o when Contains(o.Dst.Id): Mark(_parts, o.Src); break;
            // A mask bounds what it is given, whatever that is.
            case IrOp.Binary { Op: IrBinary.And, B.Register: null }: break;
            case IrOp.Binary o when Contains(o.Dst.Id):
                Mark(_parts, o.A);
                if (o.B.Register is { } part) Mark(_parts, part);
                break;
        }
    }

    // Where the verifier takes any number: the address that is read from, a signal, a result.
    private static bool IsAnyNumber(BpfHelper helper, int argument) => helper switch
    {
        BpfHelper.ProbeRead or BpfHelper.ProbeReadStr or BpfHelper.ProbeReadUser or BpfHelper.ProbeReadUserStr or BpfHelper.ProbeReadKernel or BpfHelper.ProbeReadKernelStr => argument == 2,
        BpfHelper.SendSignal => argument == 0,
        BpfHelper.OverrideReturn => argument == 1,
        _ => false,
    };

    private void Pass(VReg from, VReg to)
    {
        if (_addresses[from.Id]) Mark(_addresses, to);
        if (_loaded[from.Id]) Mark(_loaded, to);
        if (_typed[from.Id]) MarkTyped(to);
    }

    private void MarkTyped(VReg register)
    {
        Mark(_typed, register);
        Mark(_addresses, register);
    }

    private void Mark(bool[] set, VReg register)
    {
        _grew |= !set[register.Id];
        set[register.Id] = true;
    }
}
