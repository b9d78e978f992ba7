using System.Collections.Immutable;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Typing;
using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Compiler;

/// <summary>The compiler's options.</summary>
/// <param name="Probes">What bears on probes.</param>
/// <param name="Code">What bears on code.</param>
/// <param name="KeepCoreRelocations">Whether the object keeps its CO-RE relocations (<c>ktap build</c>), or has the target's offsets only.</param>
public sealed record CompileOptions(ProbeOptions Probes, CodeOptions Code, bool KeepCoreRelocations);

/// <summary>A script's handlers, compiled: the object file, what the runtime must know to serve it, and the code of each program.</summary>
public sealed record CompiledScript(ImmutableArray<byte> Object, LoweredProgram Program, ImmutableArray<GeneratedFunction> Code)
{
    /// <summary>The functions as they were lowered, before any pass.</summary>
    public ImmutableArray<IrFunction> Lowered { get; init; } = [];
}

/// <summary>The pipeline: from what the main stage registered to an object, one stage after the other; a stage starts only if no error was found before it.</summary>
public static class Compilation
{
    /// <summary>Compiles; null where the diagnostics hold an error. A script without probes gives an object without programs.</summary>
    public static CompiledScript? Compile(MainResult main, Target target, CompileOptions options, DiagnosticBag diagnostics)
    {
        var typed = HandlerTyping.Run(main, target, options.Probes, diagnostics);
        if (!diagnostics.IsClean) return null;

        var lowered = Lowerer.Run(typed, target, options.Code);
        MapMemory.Check(lowered, typed, target, diagnostics);
        if (!diagnostics.IsClean) return null;

        var optimized = lowered.Module with
        {
            Programs = [.. lowered.Module.Programs.Select(p => p with { Function = Optimizer.Optimize(p.Function) })],
            Callbacks = [.. lowered.Module.Callbacks.Select(f => Optimizer.Optimize(f))],
        };

        var code = optimized.Programs.Select(p => p.Function).Concat(optimized.Callbacks).Select(f => CodeGenerator.Generate(f, diagnostics)).ToImmutableArray();
        if (!diagnostics.IsClean) return null;

        var image = ObjectBuilder.Build(optimized, code, options.KeepCoreRelocations);
        return new CompiledScript([.. image], lowered with { Module = optimized }, code)
        {
            Lowered = [.. lowered.Module.Programs.Select(p => p.Function), .. lowered.Module.Callbacks],
        };
    }
}
