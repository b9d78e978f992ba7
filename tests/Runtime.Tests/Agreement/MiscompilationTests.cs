using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>The comparison sees what it is there to see: each fault that is put into the compiler shows within few programs.</summary>
public sealed class MiscompilationTests(ITestOutputHelper output)
{
    private const int ProgramsInObject = 20;
    private const int MostPrograms = 2_000;

    [Fact]
    public void WithoutAFaultTheSameProgramsAgree()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        using var comparison = new Comparison();
        Assert.Equal("", Catch(comparison, new Miscompilation("none")).Difference ?? "");
    }

    [Fact]
    public void EveryMiscompilationIsCaught()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        using var comparison = new Comparison();
        var missed = new List<string>();
        foreach (var fault in Miscompilations.All)
        {
            var (difference, programs) = Catch(comparison, fault);
            var how = difference is null ? "missed" : difference.Contains("the kernel refuses it") ? "refused by the verifier" : difference.Contains("the compiler failed") ? "broke the compiler" : "caught";
            output.WriteLine($"{fault.Name}: {how} within {programs} programs");
            if (how != "caught") missed.Add($"{fault.Name}: {how}\n{difference}");
        }
        Assert.True(Miscompilations.All.Length >= 20, "there should be 20");
        Assert.True(missed.Count == 0, string.Join("\n\n", missed));
    }

    private static (string? Difference, int Programs) Catch(Comparison comparison, Miscompilation fault)
    {
        for (var first = 0; first < MostPrograms; first += ProgramsInObject)
        {
            var batch = Batch.Of([.. Enumerable.Range(first, ProgramsInObject).Select(seed => ProgramGenerator.Make(seed))]);
            if (comparison.Compare(batch, fault.Compile).Difference is { } difference) return (difference, first + ProgramsInObject);
        }
        return (null, MostPrograms);
    }
}
