using System.Diagnostics;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime;

/// <summary>The evaluator's window on the real world: output through one buffer, the clocks, the environment, the traced kernel's facts.</summary>
public sealed class World : IWorld
{
    private readonly OutputBuffer _output;
    private readonly KernelSymbols _symbols;
    private readonly ValueRenderer _values;
    private readonly Printf _printf;
    private readonly Histogram _histogram;
    private readonly ManualResetEventSlim _stop = new();

    /// <summary>A world that writes to <paramref name="output"/>.</summary>
    public World(OutputBuffer output, KernelSymbols symbols, Target target, UserSymbols? users = null)
    {
        (_output, _symbols, Target) = (output, symbols, target);
        _values = new ValueRenderer(symbols, users);
        (_printf, _histogram) = (new Printf(_values), new Histogram(_values));
    }

    /// <summary>Where everything is written.</summary>
    public OutputBuffer Output => _output;

    /// <summary>What writes by the formats of C.</summary>
    internal Printf Formats => _printf;

    /// <summary>Writes what handlers left in tables and variables, as language §9 has it.</summary>
    public void PrintVariables(IReadOnlyList<(string Name, Value Value)> variables) => new TableText(_values, _histogram).Write(_output, variables);

    /// <inheritdoc/>
    public long StartNanoseconds { get; } = Now;

    /// <inheritdoc/>
    public long MonotonicNanoseconds => Now;

    /// <inheritdoc/>
    public long WallClockNanoseconds => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <inheritdoc/>
    public Target Target { get; }

    /// <inheritdoc/>
    public int TargetPid { get; set; }

    /// <inheritdoc/>
    public bool StopRequested => _stop.IsSet;

    // Stopwatch is CLOCK_MONOTONIC in nanoseconds on Linux, which is also bpf_ktime_get_ns.
    private static long Now => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <summary>Breaks off code in user space, and sleeping.</summary>
    public void RequestStop() => _stop.Set();

    /// <summary>Lets code run again: <c>trace_end</c> comes after the stop.</summary>
    public void ResumeForEnd() => _stop.Reset();

    /// <inheritdoc/>
    public void Print(ReadOnlySpan<Value> values) => _values.WriteLine(_output, values);

    /// <inheritdoc/>
    public void Printf(KString format, ReadOnlySpan<Value> values) => _printf.Write(_output, format, values);

    /// <inheritdoc/>
    public void PrintHistogram(Table table, int rows) => _histogram.Write(_output, table, rows);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <inheritdoc/>
    public KString Render(Value value)
    {
        var text = OutputBuffer.InMemory();
        _values.Write(text, value);
        return new KString(text.Written.ToArray());
    }

    /// <inheritdoc/>
    public void Sleep(TimeSpan time)
    {
        _output.Flush();
        _stop.Wait(time);
    }

    /// <inheritdoc/>
    public int System(KString command)
    {
        _output.Flush();
        return ChildProcess.Run(["/bin/sh", "-c", command.ToString()]).Status;
    }

    /// <inheritdoc/>
    public string? Environment(string name) => global::System.Environment.GetEnvironmentVariable(name);

    /// <inheritdoc/>
    public string KernelSymbol(ulong address) => _symbols.Describe(address);

    /// <inheritdoc/>
    public TimeSpan UtcOffset(DateTime utc) => TimeZoneInfo.Local.GetUtcOffset(utc);
}
