using System.Diagnostics;
using System.Text;
using Xunit.Abstractions;

namespace Ktap.Compiler.Tests.Fuzz;

/// <summary>
/// Whatever is in a script, the front end ends in diagnostics: no exceptions, no hangs, under a gigabyte. <c>make fuzz</c> runs a million inputs
/// (<c>KTAP_FUZZ</c>, <c>KTAP_SEED</c>), every test run a few. One that fails is written to <c>regressions/</c>, which run first.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int DefaultInputs = 3_000;
    private const int DefaultSeed = 20130521;
    private const long MostMemory = 1L << 30;
    private const int StackBytes = 64 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static string Regressions => Path.Combine(Repository.Root, "tests", "Compiler.Tests", "Fuzz", "regressions");

    [Fact]
    public void WhatWasFoundStaysFixed()
    {
        using var end = new FrontEnd();
        foreach (var file in Directory.GetFiles(Regressions, "*.kp")) end.Run(File.ReadAllBytes(file));
    }

    [Fact]
    public void AnyInputEndsInDiagnostics()
    {
        var inputs = int.TryParse(Environment.GetEnvironmentVariable("KTAP_FUZZ"), out var n) ? n : DefaultInputs;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("KTAP_SEED"), out var s) ? s : DefaultSeed;
        output.WriteLine($"{inputs} inputs of seed {seed} (KTAP_FUZZ, KTAP_SEED)");
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(i => new Worker(seed, i, Environment.ProcessorCount, inputs)).ToArray();
        var mostMemory = 0L;
        foreach (var worker in workers) worker.Thread.Start();
        while (workers.Any(w => !w.Thread.Join(0)))
        {
            Thread.Sleep(50);
            mostMemory = Math.Max(mostMemory, Environment.WorkingSet);
            foreach (var worker in workers)
                if (worker.Since.Elapsed > Longest) Fail(worker.Input, $"it takes longer than {Longest.TotalSeconds} seconds");
            if (mostMemory > MostMemory) Fail(workers.MaxBy(w => w.Since.Elapsed)!.Input, $"{mostMemory >> 20} MB of memory");
        }
        foreach (var worker in workers)
            if (worker.Failure is { } failure) Fail(worker.Input, failure.ToString());
        foreach (var stage in Enum.GetValues<FrontEnd.Stage>()) output.WriteLine($"{workers.Sum(w => w.Ended[(int)stage]),9} {stage}");
        output.WriteLine($"{mostMemory >> 20} MB at most");
        // Inputs that never get past the parser would test nothing behind it.
        Assert.True(workers.Sum(w => w.Ended[(int)FrontEnd.Stage.Compiled]) > inputs / 100, "too few inputs compile");
    }

    private static void Fail(byte[] input, string why)
    {
        var file = Path.Combine(Regressions, $"found-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}.kp");
        File.WriteAllBytes(file, input);
        Assert.Fail($"{file}:\n{Encoding.Latin1.GetString(input)}\n{why}");
    }

    // One thread's share of the inputs, each made from its own number, so that one can be made again.
    private sealed class Worker
    {
        public Worker(int seed, int first, int step, int inputs) => Thread = new Thread(() =>
        {
            using var end = new FrontEnd();
            for (var i = first; i < inputs && Failure is null; i += step)
            {
                Input = Corpus.Next(new Random(unchecked(seed * 1_000_003 + i)));
                Since.Restart();
                try
                {
                    Ended[(int)end.Run(Input)]++;
                }
                catch (Exception e)
                {
                    Failure = e;
                }
            }
            Since.Reset();
        }, StackBytes) { IsBackground = true };

        public Thread Thread { get; }
        public Stopwatch Since { get; } = new();
        public byte[] Input { get; private set; } = [];
        public int[] Ended { get; } = new int[Enum.GetValues<FrontEnd.Stage>().Length];
        public Exception? Failure { get; private set; }
    }
}
