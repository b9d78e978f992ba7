using System.Collections.Immutable;

namespace Ktap.Compiler.Ir;

/// <summary>What each operation reads, writes and leads to: the one place that analyses and passes ask.</summary>
public static class IrOperands
{
    /// <summary>The most registers that one operation reads.</summary>
    public const int MaxUses = 5;

    /// <summary>The register that the operation assigns, or null.</summary>
    public static VReg? Definition(this IrOp op) => op switch
    {
        IrOp.Const o => o.Dst,
        IrOp.Copy o => o.Dst,
        IrOp.Binary o => o.Dst,
        IrOp.Swap o => o.Dst,
        IrOp.Compare o => o.Dst,
        IrOp.Load o => o.Dst,
        IrOp.Call o => o.Dst,
        IrOp.FrameAddress o => o.Dst,
        IrOp.MapAddress o => o.Dst,
        IrOp.DataAddress o => o.Dst,
        IrOp.Context o => o.Dst,
        IrOp.Parameter o => o.Dst,
        IrOp.FunctionAddress o => o.Dst,
        IrOp.FieldOffset o => o.Dst,
        IrOp.Atomic o => o.Dst,
        _ => null,
    };

    /// <summary>Writes the registers that the operation reads into a span of at least <see cref="MaxUses"/> and gives their number; one read twice is there twice.</summary>
    public static int Uses(this IrOp op, Span<VReg> uses)
    {
        var count = 0;
        switch (op)
        {
            case IrOp.Copy o: uses[count++] = o.Src; break;
            case IrOp.Swap o: uses[count++] = o.Src; break;
            case IrOp.Binary o: uses[count++] = o.A; Add(uses, ref count, o.B); break;
            case IrOp.Compare o: uses[count++] = o.A; Add(uses, ref count, o.B); break;
            case IrOp.Branch o: uses[count++] = o.A; Add(uses, ref count, o.B); break;
            case IrOp.Guard { Rounds: { } rounds }: uses[count++] = rounds; break;
            case IrOp.Load o: uses[count++] = o.Base; break;
            case IrOp.Store o: uses[count++] = o.Base; Add(uses, ref count, o.Value); break;
            case IrOp.Return o: Add(uses, ref count, o.Value); break;
            case IrOp.Atomic o:
                uses[count++] = o.Base;
                uses[count++] = o.Value;
                if (o.Expected is { } expected) uses[count++] = expected;
                break;
            case IrOp.Call o:
                foreach (var arg in o.Args) Add(uses, ref count, arg);
                break;
        }
        return count;
    }

    /// <summary>The same operation with another destination; one without a destination stays as it is.</summary>
    public static IrOp WithDefinition(this IrOp op, VReg dst) => op switch
    {
        IrOp.Const o => o with { Dst = dst },
        IrOp.Copy o => o with { Dst = dst },
        IrOp.Binary o => o with { Dst = dst },
        IrOp.Swap o => o with { Dst = dst },
        IrOp.Compare o => o with { Dst = dst },
        IrOp.Load o => o with { Dst = dst },
        IrOp.Call { Dst: not null } o => o with { Dst = dst },
        IrOp.FrameAddress o => o with { Dst = dst },
        IrOp.MapAddress o => o with { Dst = dst },
        IrOp.DataAddress o => o with { Dst = dst },
        IrOp.Context o => o with { Dst = dst },
        IrOp.Parameter o => o with { Dst = dst },
        IrOp.FunctionAddress o => o with { Dst = dst },
        IrOp.FieldOffset o => o with { Dst = dst },
        IrOp.Atomic { Dst: not null } o => o with { Dst = dst },
        _ => op,
    };

    /// <summary>
    /// The operation with what it reads replaced: <paramref name="map"/> is asked for every register read, once a place. Where
    /// only a register can stand, an answer that is an immediate is passed over. The same object if nothing changes.
    /// </summary>
    public static IrOp MapUses(this IrOp op, Func<VReg, IrOperand> map)
    {
        switch (op)
        {
            case IrOp.Copy o:
                return map(o.Src) is { Register: { } src } ? src == o.Src ? o : o with { Src = src } : o;
            case IrOp.Swap o:
                return Register(o.Src) is var swapped && swapped == o.Src ? o : o with { Src = swapped };
            case IrOp.Binary o:
                var (a, b) = (Register(o.A), Operand(o.B));
                return a == o.A && b == o.B ? o : o with { A = a, B = b };
            case IrOp.Compare o:
                (a, b) = (Register(o.A), Operand(o.B));
                return a == o.A && b == o.B ? o : o with { A = a, B = b };
            case IrOp.Branch o:
                (a, b) = (Register(o.A), Operand(o.B));
                return a == o.A && b == o.B ? o : o with { A = a, B = b };
            case IrOp.Guard { Rounds: { } rounds } o:
                a = Register(rounds);
                return a == rounds ? o : o with { Rounds = a };
            case IrOp.Load o:
                a = Register(o.Base);
                return a == o.Base ? o : o with { Base = a };
            case IrOp.Store o:
                (a, b) = (Register(o.Base), Operand(o.Value));
                return a == o.Base && b == o.Value ? o : o with { Base = a, Value = b };
            case IrOp.Return o:
                b = Operand(o.Value);
                return b == o.Value ? o : o with { Value = b };
            case IrOp.Atomic o:
                a = Register(o.Base);
                var value = Register(o.Value);
                VReg? expected = o.Expected is { } e ? Register(e) : null;
                return a == o.Base && value == o.Value && expected == o.Expected ? o : o with { Base = a, Value = value, Expected = expected };
            case IrOp.Call o:
                ImmutableArray<IrOperand>.Builder? args = null;
                for (var i = 0; i < o.Args.Length; i++)
                {
                    var arg = Operand(o.Args[i]);
                    if (arg == o.Args[i]) continue;
                    args ??= o.Args.ToBuilder();
                    args[i] = arg;
                }
                return args is null ? o : o with { Args = args.ToImmutable() };
            default:
                return op;
        }

        VReg Register(VReg reg) => map(reg).Register ?? reg;
        IrOperand Operand(IrOperand operand) => operand.Register is { } reg ? map(reg) : operand;
    }

    /// <summary>Whether the operation ends a block.</summary>
    public static bool IsTerminator(this IrOp op) => op is IrOp.Jump or IrOp.Branch or IrOp.Guard or IrOp.Return;

    /// <summary>Whether the operation has no effect but its result, so that it can go when nobody wants that. (A BPF load doesn't fault.)</summary>
    public static bool IsRemovable(this IrOp op) => op switch
    {
        IrOp.Call call => call.Effect is CallEffect.PerRun or CallEffect.Read,
        IrOp.Store or IrOp.Atomic => false,
        _ => !op.IsTerminator(),
    };

    /// <summary>The blocks that a terminator leads to: none, one or two (a branch with two equal targets gives both).</summary>
    public static (IrBlock? First, IrBlock? Second) Successors(this IrOp op) => op switch
    {
        IrOp.Jump jump => (jump.Target, null),
        IrOp.Branch branch => (branch.Then, branch.Else),
        IrOp.Guard guard => (guard.Inside, guard.Exhausted),
        _ => (null, null),
    };

    /// <summary>The terminator with its targets replaced.</summary>
    public static IrOp MapTargets(this IrOp op, Func<IrBlock, IrBlock> map) => op switch
    {
        IrOp.Jump o => map(o.Target) is var target && target == o.Target ? o : o with { Target = target },
        IrOp.Branch o => (map(o.Then), map(o.Else)) is var (then, otherwise) && then == o.Then && otherwise == o.Else
            ? o : o with { Then = then, Else = otherwise },
        IrOp.Guard o => (map(o.Inside), map(o.Exhausted)) is var (inside, exhausted) && inside == o.Inside && exhausted == o.Exhausted
            ? o : o with { Inside = inside, Exhausted = exhausted },
        _ => op,
    };

    /// <summary>The condition that holds exactly when this one doesn't; null for <see cref="IrCondition.Test"/>, which has none.</summary>
    public static IrCondition? Inverse(this IrCondition condition) => condition switch
    {
        IrCondition.Eq => IrCondition.Ne,
        IrCondition.Ne => IrCondition.Eq,
        IrCondition.LtS => IrCondition.GeS,
        IrCondition.GeS => IrCondition.LtS,
        IrCondition.GtS => IrCondition.LeS,
        IrCondition.LeS => IrCondition.GtS,
        IrCondition.LtU => IrCondition.GeU,
        IrCondition.GeU => IrCondition.LtU,
        IrCondition.GtU => IrCondition.LeU,
        IrCondition.LeU => IrCondition.GtU,
        _ => null,
    };

    /// <summary>The condition with its two sides exchanged.</summary>
    public static IrCondition Swapped(this IrCondition condition) => condition switch
    {
        IrCondition.LtS => IrCondition.GtS,
        IrCondition.GtS => IrCondition.LtS,
        IrCondition.LeS => IrCondition.GeS,
        IrCondition.GeS => IrCondition.LeS,
        IrCondition.LtU => IrCondition.GtU,
        IrCondition.GtU => IrCondition.LtU,
        IrCondition.LeU => IrCondition.GeU,
        IrCondition.GeU => IrCondition.LeU,
        _ => condition,
    };

    /// <summary>Whether a op b is b op a.</summary>
    public static bool IsCommutative(this IrBinary op) => op is IrBinary.Add or IrBinary.Mul or IrBinary.And or IrBinary.Or or IrBinary.Xor;

    private static void Add(Span<VReg> uses, ref int count, IrOperand operand)
    {
        if (operand.Register is { } reg) uses[count++] = reg;
    }
}
