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
    {
        var skip = context.Site.Options.ArgumentBase is null ? Argument(args, 1, 0) : 0;
        return context.CaptureStack(user, Argument(args, 0, -1), skip);
    });

    private static KtapType Type(ProbeSite site, ImmutableArray<KtapType> types)
    {
        foreach (var type in types)
            if (type is not (KtapType.IntType or KtapType.NilType))
                throw new BuiltinException($"the depth of a stack and the frames to skip are integers, not a {type.Describe()}", "stack(10) has at most 10 frames, stack(-1, 2) all but the innermost 2");
        return KtapType.Stack.OrNil;
    }

    private static IrOperand Argument(ImmutableArray<IrValue> args, int index, long otherwise) =>
        index < args.Length && args[index].Type is not KtapType.NilType ? args[index].Word : otherwise;
}
