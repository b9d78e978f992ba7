using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>Random programs must give on the kernel what their IR means, and the verifier must take every one.</summary>
public class DifferentialTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomProgramsMeanTheSameOnTheKernel(int part)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        var count = int.TryParse(Environment.GetEnvironmentVariable("KTAP_RANDOM_PROGRAMS"), out var n) ? n : 100;
        for (var seed = part * count; seed < (part + 1) * count; seed++) Compare(seed);
    }

    private static void Compare(int seed)
    {
        var function = RandomPrograms.Make(seed);
        IrChecker.Check(function, "generation");
        var random = new Random(seed);
        var contexts = Enumerable.Range(0, 4).Select(i => Enumerable.Range(0, 12).Select(j => i == 0 ? (ulong)j : (ulong)random.NextInt64(long.MinValue, long.MaxValue)).ToArray()).ToArray();
        var expected = contexts.Select(c => (uint)Interpret(function, c)).ToArray();
        Assert.Equal((seed, string.Join(" ", expected)), (seed, string.Join(" ", Execute(function, contexts))));

        var before = IrPrinter.Print(function);
        var optimized = Optimizer.Optimize(function, (pass, result) =>
            Assert.Equal((seed, pass, string.Join(" ", expected)), (seed, pass, string.Join(" ", contexts.Select(c => (uint)Interpret(result, c))))));
        Assert.Equal(before, IrPrinter.Print(function));
        Assert.Equal((seed, string.Join(" ", expected)), (seed, string.Join(" ", Execute(optimized, contexts))));
    }

    private static uint[] Execute(IrFunction function, ulong[][] contexts)
    {
        var diagnostics = new DiagnosticBag();
        var generated = CodeGenerator.Generate(function, diagnostics);
        Assert.Empty(diagnostics);
        try
        {
            using var program = KernelProgram.Load(generated);
            return [.. contexts.Select(c => program.Run(c))];
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{e.Message}\n{IrPrinter.Print(function)}");
        }
    }

    private static long Interpret(IrFunction function, ulong[] context)
    {
        return new IrInterpreter(function, context) { Helper = Answer }.Run();

        static long Answer(BpfHelper helper, long[] args, Func<long, int, Memory<byte>> bytes)
        {
            switch (helper)
            {
                case BpfHelper.GetCurrentPidTgid: return (long)Environment.ProcessId << 32 | (uint)gettid();
                case BpfHelper.GetCurrentUidGid: return (long)getgid() << 32 | getuid();
                case BpfHelper.KtimeGetNs: return 0; // used for its top bit only
                case BpfHelper.GetCurrentComm:
                    var name = Encoding.UTF8.GetBytes(File.ReadAllText($"/proc/self/task/{gettid()}/comm").TrimEnd('\n'));
                    var into = bytes(args[0], (int)args[1]).Span;
                    into.Clear();
                    name.AsSpan(0, Math.Min(name.Length, into.Length - 1)).CopyTo(into);
                    return 0;
                case BpfHelper.ProbeReadKernel:
                    bytes(args[2], (int)args[1]).CopyTo(bytes(args[0], (int)args[1]));
                    return 0;
                default: throw new InvalidOperationException(helper.ToString());
            }
        }
    }

    [DllImport("libc")]
    private static extern int gettid();

    [DllImport("libc")]
    private static extern uint getuid();

    [DllImport("libc")]
    private static extern uint getgid();
}
