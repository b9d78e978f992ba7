using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>All passes over the IR, in the one order in which they run; the checker looks at what they leave.</summary>
public static class Optimizer
{
    private static readonly (string Name, Func<IrFunction, IrFunction> Run)[] Passes =
    [
        ("blocks", BlockSimplification.Run),
        ("propagate", ValuePropagation.Run),
        ("blocks", BlockSimplification.Run),
        ("dead", DeadCode.Run),
        ("propagate", ValuePropagation.Run),
        ("share", CommonSubexpressions.Run),
        // What was decided leaves ways that nothing comes on any more, and joins what they had parted: then more is known.
        ("propagate", ValuePropagation.Run),
        ("blocks", BlockSimplification.Run),
        ("dead", DeadCode.Run),
        ("share", CommonSubexpressions.Run),
        ("propagate", ValuePropagation.Run),
        ("blocks", BlockSimplification.Run),
        ("propagate", ValuePropagation.Run),
        ("strength", StrengthReduction.Run),
        ("dead", DeadCode.Run),
        ("blocks", BlockSimplification.Run),
        ("copies", CopyForwarding.Run),
        ("loops", LoopConvergence.Run),
        ("joins", JoinConvergence.Run),
    ];

    /// <summary>
    /// The function made faster, meaning the same; the input stays as it is. <paramref name="trace"/> is shown each pass's result by
    /// name, which it must not keep: the next pass works on the same blocks.
    /// </summary>
    /// <exception cref="InvalidOperationException">The input, or what a pass made of it, breaks the rules of the IR.</exception>
    public static IrFunction Optimize(IrFunction function, Action<string, IrFunction>? trace = null)
    {
        IrChecker.Check(function, "lowering");
        var optimized = Run(function, trace);
        // The checker takes as long as the passes do. So it looks once, and behind each pass only to say which it was.
        if (IrChecker.Fault(optimized) is not null) Run(function, (name, result) => IrChecker.Check(result, name));
        return optimized;
    }

    private static IrFunction Run(IrFunction function, Action<string, IrFunction>? trace)
    {
        function = function.CopyReachable();
        foreach (var (name, run) in Passes)
        {
            function = run(function);
            trace?.Invoke(name, function);
        }
        return function;
    }
}
