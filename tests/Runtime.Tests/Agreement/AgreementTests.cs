using FsCheck;
using FsCheck.Fluent;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>
/// Random programs mean the same in user space and in the kernel. <c>KTAP_SEED</c> and <c>KTAP_PROGRAMS</c> say which, and how many, <c>KTAP_SIZE</c> how many times as large; a
/// program that shows a difference is made small and written to <c>regressions/</c>, whose programs run first.
/// </summary>
public sealed class AgreementTests(ITestOutputHelper output)
{
    private const int DefaultPrograms = 1000;
    private const int CompletePrograms = 10_000;
    private const int ProgramsInObject = 20;
    private const ulong DefaultSeed = 20130521;

    private static string Regressions => Path.Combine(Ktap.Tests.Repository.Root, "tests", "Runtime.Tests", "Agreement", "regressions");

    [Fact]
    public void RegressionsAgree()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        using var comparison = new Comparison();
        foreach (var file in Directory.GetFiles(Regressions, "*.kp").Order())
        {
            var result = comparison.Compare(Batch.Of(File.ReadAllText(file)));
            Assert.Equal((file, "", (string?)null), (file, string.Join('\n', result.Refused.Select(r => r.Diagnostic)), result.Difference));
        }
    }

    [Fact]
    public void RandomProgramsAgree()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("KTAP_SEED"), out var s) ? s : DefaultSeed;
        var programs = Programs(DefaultPrograms);
        output.WriteLine($"{programs} programs of seed {seed} and size {Size} (KTAP_PROGRAMS, KTAP_SEED, KTAP_SIZE)");

        using var comparison = new Comparison();
        var coverage = new Coverage();
        var failures = new Failures();
        var batches = Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(n => ProgramGenerator.Make(n, Size)).ArrayOf(ProgramsInObject), Smaller);
        var property = Prop.ForAll(batches, batch =>
        {
            if (failures.IsSmallEnough) return true;
            if (failures.IsSmallEnough) return true;
            var result = comparison.Compare(Batch.Of(batch));
            if (batch.Length > 1) coverage.Add(result);
            if (result.Difference is { } difference) failures.Add(batch, difference);
            return result.Difference is null;
        });
        var config = Config.Quick.WithMaxTest(Math.Max(1, programs / ProgramsInObject)).WithQuietOnSuccess(true)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)))
            .WithParallelRunConfig(FSharpOption<ParallelRunConfig>.Some(new ParallelRunConfig(Environment.ProcessorCount)))
            .WithRunner(failures);
        property.Check(config);

        output.WriteLine(coverage.Report());
        if (failures.Smallest is { } smallest)
        {
            var file = Path.Combine(Regressions, $"found-{seed}-{DateTime.UtcNow:HHmmss}.kp");
            File.WriteAllText(file, smallest.Program);
            Assert.Fail($"{file}:\n{smallest.Difference}");
        }
        Assert.True(failures.IsFinished, failures.Report);
        if (programs >= CompletePrograms) coverage.AssertComplete();
    }

    /// <summary>With <c>KTAP_WRITE=FOLDER</c>, writes so many programs as scripts, to be loaded on other kernels (<c>ktap -d FILE</c>); else a few, to be parsed.</summary>
    [Fact]
    public void ProgramsCanBeWritten()
    {
        var kept = Environment.GetEnvironmentVariable("KTAP_WRITE");
        var folder = kept is { Length: > 0 } ? Directory.CreateDirectory(kept) : Directory.CreateTempSubdirectory("ktap-programs");
        var count = kept is { Length: > 0 } ? Programs(200) : 5;
        for (var i = 0; i < count; i++)
            File.WriteAllText(Path.Combine(folder.FullName, $"{i:D5}.kp"), "user_text = 0\n" + Batch.Of([ProgramGenerator.Make(i, Size)]).Programs[0].Text);
        foreach (var file in folder.GetFiles("*.kp"))
        {
            var diagnostics = new DiagnosticBag();
            Parser.Parse(new SourceText(file.Name, File.ReadAllBytes(file.FullName)), diagnostics);
            Assert.DoesNotContain(diagnostics, d => d.Severity == Severity.Error);
        }
        if (kept is not { Length: > 0 }) folder.Delete(recursive: true);
    }

    private static int Size => Setting("KTAP_SIZE", 1);

    private static int Programs(int otherwise) => Setting("KTAP_PROGRAMS", otherwise);

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var n) ? n : otherwise;

    // One program alone, then parts of it.
    private static IEnumerable<Code[]> Smaller(Code[] batch) => batch.Length > 1 ? batch.Select(p => new[] { p }) : Shrinking.Of(batch[0]).Select(p => new[] { p });
}
