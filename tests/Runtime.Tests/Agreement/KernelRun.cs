using Ktap.Compiler;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Runtime.Events;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>A script's handlers in the kernel, run one by one when asked to.</summary>
internal sealed class KernelRun : IDisposable
{
    // A raw tracepoint's arguments; no program reads them.
    private static readonly byte[] Context = new byte[96];

    private readonly IMachine _machine;
    private readonly Side _side;
    private readonly CompiledScript _compiled;
    private readonly Tracing _tracing;
    private readonly RecordDecoder _decoder;
    private readonly RecordBatch _batch = new(1 << 16);
    private readonly Dictionary<ErrorCounter, long> _seen = [];

    /// <summary>Loads; nothing is attached.</summary>
    public KernelRun(IMachine machine, KernelSymbols symbols, Target target, Side side, CompiledScript compiled)
    {
        (_machine, _side, _compiled) = (machine, side, compiled);
        _tracing = new Tracing(machine, compiled);
        _tracing.SetClocks(side.World.WallClockNanoseconds - side.World.MonotonicNanoseconds, side.World.StartNanoseconds);
        _decoder = new RecordDecoder(compiled.Program, target, symbols, _tracing.Stacks);
    }

    /// <summary>Runs a handler, and the calls it defers.</summary>
    public Outcome Call(int program)
    {
        _machine.RunOnce(_tracing.Loaded.Program(_compiled.Program.Programs[program].Name), Context);
        _tracing.Runs.Begin();
        _batch.Clear();
        if (_machine.DrainRing(_tracing.Ring, _batch) > 0)
            foreach (var record in _batch)
            {
                _tracing.Runs.Begin();
                if (_decoder.Decode(record) is { } call) _side.Evaluator.Call(call.Site.Builtin, call.Arguments);
            }
        _tracing.Runs.Begin(); // what is looked at next is as it is now
        var ending = "";
        foreach (var (counter, count) in _tracing.Errors)
        {
            if (_seen.GetValueOrDefault(counter) == count) continue;
            _seen[counter] = count;
            switch (counter.Kind)
            {
                case HandlerError.BadSample:
                    break;
                case HandlerError.StringCut or HandlerError.TableFull or HandlerError.Fault or HandlerError.OutputLost:
                    return new Outcome("", counter.Kind.ToString());
                default:
                    ending += Ending.Error(counter.Kind, counter.Source, counter.Span);
                    break;
            }
        }
        if (_tracing.ExitCode is { } code)
        {
            ending += Ending.Exit(code);
            _machine.WriteMemory(_tracing.Loaded.Map(KernelNames.Bss), 0, new byte[ControlBlock.ExitCode + sizeof(long)]);
        }
        return new Outcome(ending + _side.TakeOutput(), null);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _tracing.Dispose();
    }
}
