using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Codegen;

/// <summary>The back end for one function: legal operations, registers, stack frame, instructions.</summary>
public static class CodeGenerator
{
    /// <summary>The most instructions that the kernel takes in one program (BPF_COMPLEXITY_LIMIT_INSNS, kernel 5.2).</summary>
    private const int MaxInstructions = 1_000_000;

    /// <summary>
    /// Generates the code. Where the kernel's limits are exceeded (stack, size, distance of jumps) a diagnostic says so and the
    /// code must not be used.
    /// </summary>
    public static GeneratedFunction Generate(IrFunction function, DiagnosticBag diagnostics)
    {
        var work = new WorkFunction(function);
        Legalizer.Run(work);
        InlineRewriter.Run(work);
        var registers = RegisterAllocator.Allocate(work);
        var frame = new FrameLayout(work);
        var span = function.Blocks[0].Ops[0].Span;
        if (frame.Size > frame.Limit)
        {
            // Values that found no register are of the script as much as keys and strings are, but have no names here.
            var own = function.Slots.Length;
            var largest = frame.Used.Where(s => s.Id < own).OrderByDescending(s => s.Size).Take(3).Select(s => (s.Purpose, s.Size));
            diagnostics.Add(Errors.StackFrameTooLarge(function.Source, span, frame.Size, frame.Limit, [.. largest], frame.Used.Count(s => s.Id >= own)));
        }
        var (code, relocations, spans) = InstructionEmitter.Emit(work, registers, frame);
        if (code.Instructions.Length > MaxInstructions)
            diagnostics.Add(Errors.TooManyInstructions(function.Source, span, code.Instructions.Length, MaxInstructions));
        else if (!code.TooFar.IsEmpty)
            diagnostics.Add(Errors.JumpTooFar(function.Source, spans[code.Tags[code.TooFar[0]]], code.Instructions.Length));
        else if (PendingBranches.FirstTooMany(code.Instructions.AsSpan()) is >= 0 and var at)
            diagnostics.Add(Errors.TooManyBranches(function.Source, spans[code.Tags[at]], PendingBranches.Most));
        return new GeneratedFunction(function.Name, function.Source, code.Instructions, relocations, Lines(function.Source, code, spans), frame.Size);
    }

    private static ImmutableArray<CodeLine> Lines(SourceText source, AssembledCode code, List<TextSpan> spans)
    {
        var lines = ImmutableArray.CreateBuilder<CodeLine>();
        var (lastTag, lastLine) = (-1, -1);
        for (var i = 0; i < code.Tags.Length; i++)
        {
            if (code.Tags[i] == lastTag) continue;
            lastTag = code.Tags[i];
            var span = spans[lastTag];
            var line = source.PositionOf(span.Start).Line;
            if (line == lastLine) continue;
            // The second slot of a 16-byte load is no instruction, but tags never change within one.
            lastLine = line;
            lines.Add(new CodeLine(i, span));
        }
        return lines.ToImmutable();
    }
}
