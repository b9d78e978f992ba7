using System.Text;
using Ktap.Compiler;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Elf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;

namespace Ktap.Runtime;

/// <summary>What <c>--dump</c> shows of a compiled script: each stage by its one printer.</summary>
internal static class Dump
{
    /// <summary>The text of a stage from the IR on; the tree is shown before there is a compiled script.</summary>
    public static string Text(DumpStage stage, CompiledScript script) => stage switch
    {
        DumpStage.Ir => IrPrinter.Print(script.Program.Module),
        DumpStage.Passes => string.Concat(script.Lowered.Select(Passes)),
        DumpStage.Bpf => string.Join("\n", script.Code.Select(f => Code(f, beside: false))),
        DumpStage.Code => string.Join("\n", script.Code.Select(f => Code(f, beside: true))),
        DumpStage.Btf => BtfPrinter.Print(new BtfReader(ElfSections.Find(script.Object.AsMemory(), ".BTF"))),
        DumpStage.Elf => ElfPrinter.Print(script.Object.AsMemory()),
        _ => throw new InvalidOperationException($"{stage} is shown before compiling"),
    };

    private static string Passes(IrFunction function)
    {
        var last = IrPrinter.Print(function);
        var text = new StringBuilder("== lowering\n").Append(last);
        Optimizer.Optimize(function, (name, after) =>
        {
            var now = IrPrinter.Print(after);
            text.Append("== ").Append(name).Append(now == last ? ": nothing to do\n" : "\n");
            if (now != last) text.Append(now);
            last = now;
        });
        return text.ToString();
    }

    private static string Code(GeneratedFunction function, bool beside)
    {
        var symbols = function.Relocations.ToDictionary(r => r.Index, r => r switch
        {
            CodeRelocation.Map m => m.Spec.Name,
            CodeRelocation.Data d => d.Section == DataKind.Bss ? ".bss" : ".rodata",
            CodeRelocation.Kernel k => k.Called.Name,
            CodeRelocation.Field f => f.Struct.Description,
            _ => "",
        });
        var lines = function.Lines.ToDictionary(l => l.Index, l => function.Source.PositionOf(l.Span.Start).Line);
        var text = new StringBuilder().Append(function.Name).Append(":\n");
        return text.Append(Disassembler.Print(
            function.Instructions.AsSpan(),
            symbols.GetValueOrDefault,
            beside ? at => lines.TryGetValue(at, out var line) ? $"{function.Source.Name}:{line}: {function.Source.LineText(line).Trim()}" : null : null)).ToString();
    }
}
