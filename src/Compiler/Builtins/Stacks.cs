using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Builtins;

/// <summary>Stacks of the kernel and of the traced process.</summary>
internal static class Stacks
{
    public static readonly BuiltinFamily Family = new("Stacks",
    [
        new("stack", [Row.Int("depth").Optional, Row.Int("skip").Optional],
            "The kernel's stack, innermost frame first: at most `depth` frames (-1: all) after `skip` that are left out; nil, and counted, where it can't be kept.")
        {
            Kernel = Capture(user: false),
        },
        new("ustack", [Row.Int("depth").Optional, Row.Int("skip").Optional],
            "The stack of the traced process in user space, in the same way; programs without frame pointers give few frames, kernel threads none.")
        {
            Kernel = Capture(user: true),
        },
    ]);

    private static KernelBody Capture(bool user) => new(Type, (context, args) =>
        context.CaptureStack(user, Argument(context.Ir, args, 0, -1), IgnoresSkip(context.Site) ? 0 : Argument(context.Ir, args, 1, 0)))
    {
        Note = (site, count) => count > 1 && IgnoresSkip(site) ? "the frames to skip are not looked at under --arg-base, as in the releases that it is for" : null,
    };

    private static bool IgnoresSkip(ProbeSite site) => site.Options.ArgumentBase is not null;

    private static KtapType Type(ProbeSite site, ImmutableArray<KtapType> types)
    {
        foreach (var type in types)
            if (type.NotNil is not (KtapType.IntType or KtapType.NeverType))
                throw new BuiltinException($"the depth of a stack and the frames to skip are integers, not a {type.Describe()}", "stack(10) has at most 10 frames, stack(-1, 2) all but the innermost 2");
        return KtapType.Stack.OrNil;
    }

    // What is left out, or nil, is the usual.
    private static IrOperand Argument(IrBuilder ir, ImmutableArray<IrValue> args, int index, long usual)
    {
        if (index >= args.Length || args[index].Type is KtapType.NilType) return usual;
        if (args[index].Present is not { } present) return args[index].Word;
        var value = ir.Copy(usual);
        var (given, done) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.Ne, present, 0, given, done);
        ir.Start(given);
        ir.Assign(value, args[index].Word);
        ir.Start(done);
        return value;
    }
}
