using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Compiler;

/// <summary>The compiler's options.</summary>
/// <param name="Probes">What bears on probes.</param>
/// <param name="Code">What bears on code.</param>
/// <param name="KeepCoreRelocations">Whether the object keeps its CO-RE relocations (<c>ktap build</c>), or has the target's offsets only.</param>
public sealed record CompileOptions(ProbeOptions Probes, CodeOptions Code, bool KeepCoreRelocations);

/// <summary>A script's handlers, compiled: the object file, and what the runtime must know to serve it.</summary>
public sealed record CompiledScript(ImmutableArray<byte> Object, LoweredProgram Program);

/// <summary>The pipeline.</summary>
public static class Compilation
{
    /// <summary>Compiles what the main stage registered; null where the diagnostics hold an error. A script without probes gives an object without programs.</summary>
    public static CompiledScript? Compile(MainResult main, Target target, CompileOptions options, DiagnosticBag diagnostics) => throw new NotImplementedException();
}
