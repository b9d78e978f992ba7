using System.Collections.Immutable;
using Ktap.Compiler;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Typing;
using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>A fault of the compiler, made on purpose: at one stage something is replaced by something wrong.</summary>
internal sealed record Miscompilation(string Name)
{
    /// <summary>What becomes of a node of the typed tree.</summary>
    public Func<object, object>? Typed { get; init; }

    /// <summary>What becomes of an operation of the IR, null where it goes; the second argument finds the only definition of a register.</summary>
    public Func<IrOp, Func<VReg, IrOp?>, IrOp?>? Ir { get; init; }

    /// <summary>What becomes of a program's instructions.</summary>
    public Func<ImmutableArray<BpfInstruction>, ImmutableArray<BpfInstruction>>? Code { get; init; }

    /// <summary>The compiler's stages, with the fault between them.</summary>
    public CompiledScript? Compile(MainResult main, Target target, CompileOptions options, DiagnosticBag diagnostics)
    {
        var typed = HandlerTyping.Run(main, target, options.Probes, diagnostics);
        if (!diagnostics.IsClean) return null;
        if (Typed is not null) typed = TypedRewriter.Rewrite(typed, Typed);
        var lowered = Lowerer.Run(typed, target, options.Code);
        if (Ir is not null)
            foreach (var function in lowered.Module.Programs.Select(p => p.Function).Concat(lowered.Module.Callbacks)) Spoil(function, Ir);
        var module = lowered.Module with
        {
            Programs = [.. lowered.Module.Programs.Select(p => p with { Function = Optimizer.Optimize(p.Function) })],
            Callbacks = [.. lowered.Module.Callbacks.Select(f => Optimizer.Optimize(f))],
        };
        var code = module.Programs.Select(p => p.Function).Concat(module.Callbacks).Select(f => CodeGenerator.Generate(f, diagnostics)).ToImmutableArray();
        if (!diagnostics.IsClean) return null;
        if (Code is not null) code = [.. code.Select(c => c with { Instructions = Code(c.Instructions) })];
        return new CompiledScript([.. ObjectBuilder.Build(module, code, options.KeepCoreRelocations)], lowered with { Module = module }, code);
    }

    private static void Spoil(IrFunction function, Func<IrOp, Func<VReg, IrOp?>, IrOp?> change)
    {
        var definitions = function.Blocks.SelectMany(b => b.Ops).Where(o => o.Definition() is not null).ToLookup(o => o.Definition()!.Value);
        foreach (var block in function.Blocks)
        {
            var ops = block.Ops.ToArray();
            block.Ops.Clear();
            foreach (var op in ops)
                if (change(op, register => definitions[register].Count() == 1 ? definitions[register].First() : null) is { } changed) block.Ops.Add(changed);
        }
    }
}
