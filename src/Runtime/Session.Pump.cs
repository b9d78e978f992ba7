using System.Collections.Immutable;
using Ktap.Compiler;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Events;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;

namespace Ktap.Runtime;

// Stage 3 and 4: records, ticks, the end.
public sealed partial class Session
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    // From this many links that the kernel detaches slowly, the user is told what takes so long.
    private const int ManyLinks = 5;

    private int Pump(Evaluator evaluator, MainResult main, CompiledScript compiled, Tracing tracing, Command? command)
    {
        using var decoder = new RecordDecoder(compiled.Program, _world.Target, _symbols, tracing.Stacks);
        using var pump = compiled.Program.Programs.IsEmpty ? null : new RecordPump(_machine, tracing, _wake);
        var records = pump is null ? null : new Records(pump, decoder, [.. compiled.Program.Outputs.Select(o => RecordPrinter.For(o, _options.Timestamps, _world.Formats))]);
        var ticks = new Ticks([.. main.Registrations.OfType<Registration.Tick>()], _world.MonotonicNanoseconds);
        if (!_options.Quiet && !main.Registrations.IsEmpty) Say("Tracing... Hit Ctrl-C to end.");
        if (command is not null)
        {
            tracing.Start(command);
            _machine.NotifyExit(command, () => _wake.Set());
        }
        var status = 0;
        try
        {
            status = Loop(evaluator, tracing, records, ticks, command);
        }
        catch (ExitException e)
        {
            status = e.Code;
        }
        catch (InterruptedException)
        {
            // Ctrl-C broke off a tick: stage 4 follows.
        }
        SayDetaching(tracing);
        tracing.Stop();
        pump?.Dispose();
        _world.ResumeForEnd();
        try
        {
            while (records is not null && Drain(evaluator, tracing, records) > 0) ;
            tracing.MoveBack();
            foreach (var end in main.Registrations.OfType<Registration.TraceEnd>()) evaluator.Call(end.Handler);
        }
        catch (ExitException e)
        {
            status = e.Code;
        }
        if (!Prints(main, compiled)) _world.PrintVariables(Shown(compiled));
        _world.Output.Flush();
        foreach (var (events, count) in tracing.Misses) Say($"{count} hits of {events} were missed: they interrupted a handler or the kernel's handling of a probe, or more calls were waiting to return than a probe of returns keeps");
        var errors = ReportErrors(tracing.Errors);
        return status == 0 && errors && _options.Strict ? ScriptError : status;
    }

    // The wall clock can be set, and runs a little faster or slower than the monotonic one.
    private const long ClockPeriod = 1_000_000_000;

    private void TellClocks(Tracing tracing)
    {
        var now = _world.MonotonicNanoseconds;
        if (now < _nextClock) return;
        _nextClock = now + ClockPeriod;
        tracing.SetClocks(_world.WallClockNanoseconds - now, _world.StartNanoseconds);
    }

    private long _nextClock;

    private int Loop(Evaluator evaluator, Tracing tracing, Records? records, Ticks ticks, Command? command)
    {
        while (!_interrupted && !_world.Output.IsClosed)
        {
            TellClocks(tracing);
            var due = ticks.TakeDue(_world.MonotonicNanoseconds);
            // What handlers sent before a tick prints before it, also what they sent while that was being printed. But they may send without end: after as
            // much as goes into the ring it is the tick's turn.
            var printed = records is null ? 0 : Drain(evaluator, tracing, records);
            for (var more = printed; due is not null && more > 0 && printed < tracing.Ring.MaxEntries; printed += more) more = Drain(evaluator, tracing, records!);
            if (tracing.ExitCode is { } code) return code;
            if (due is not null)
            {
                tracing.Runs.Begin();
                evaluator.Call(due.Handler);
            }
            _world.Output.Flush();
            if (command is not null && _machine.WaitExit(command, 0) is { } exit)
            {
                Say($"command exited with status {exit.Status}");
                return 0;
            }
            var wait = (Math.Min(ticks.NextDue, _nextClock) - _world.MonotonicNanoseconds + NanosecondsPerMillisecond - 1) / NanosecondsPerMillisecond;
            if (wait > 0) _wake.WaitOne((int)Math.Min(wait, int.MaxValue));
        }
        return 0;
    }

    // The records of a run: where they come from, and for each place that sends them who prints them; null: the evaluator makes the call.
    private sealed record Records(RecordPump Pump, RecordDecoder Decoder, ImmutableArray<RecordPrinter?> Printers);

    // Makes the calls of all records that have their place in the ring when it begins; gives how many bytes they took there. A record that its handler is still
    // writing hides those behind it: that takes less than a microsecond, or as long as somebody else has the handler's processor.
    private long Drain(Evaluator evaluator, Tracing tracing, Records records)
    {
        var pump = records.Pump;
        var (begin, end) = (pump.Taken, pump.End);
        var patience = new SpinWait();
        while (pump.Taken < end)
        {
            if (pump.Take() is not { } batch)
            {
                if (pump.Taken < end) patience.SpinOnce();
                continue;
            }
            foreach (var record in batch)
                if (BitConverter.ToUInt32(record) is var site && site < records.Printers.Length && records.Printers[(int)site] is { } printer) printer.Write(_world.Output, record);
                else if (records.Decoder.Decode(record) is { } call) Make(evaluator, tracing, call);
            pump.GiveBack(batch);
        }
        return pump.Taken - begin;
    }

    private void Make(Evaluator evaluator, Tracing tracing, DeferredCall call)
    {
        if (call.Nanoseconds != 0) RecordPrinter.WriteTime(_world.Output, call.Nanoseconds);
        tracing.Runs.Begin(call.Site.EndsReading);
        evaluator.Call(call.Site.Builtin, call.Arguments);
    }

    private static bool Prints(MainResult main, CompiledScript compiled) =>
        compiled.Program.Outputs.Any(o => o.Builtin.Prints) || main.Registrations.Any(r => r switch
        {
            Registration.Tick t => ReachableCode.Prints(t.Handler, main.Globals),
            Registration.TraceEnd e => ReachableCode.Prints(e.Handler, main.Globals),
            _ => false,
        });

    // A table from which handlers remove what they put in (when a call began, until it ends) says nothing when it is empty, where there is something else to show.
    private static List<(string, Value)> Shown(CompiledScript compiled)
    {
        var all = Written(compiled);
        var done = Tables(compiled).Where(t => t.LosesSlots && t.Table.Store.Count == 0).Select(t => t.Table).ToArray();
        return done.Length < all.Count ? all.FindAll(v => v.Value.Kind != ValueKind.Table || Array.IndexOf(done, v.Value.AsTable) < 0) : all;
    }

    private static IEnumerable<SharedTable> Tables(CompiledScript compiled) =>
        compiled.Program.Tables.Select(t => t.Table).Concat(compiled.Program.Stripes.Tables.Select(t => t.Table)).Concat(compiled.Program.Aggregates.Select(a => a.Table).OfType<SharedTable>());

    private static List<(string Name, Value Value)> Written(CompiledScript compiled) =>
    [
        .. Tables(compiled).Where(t => t.IsWritten).OrderBy(t => t.Index).Select(t => (t.Name, Value.Table(t.Table))),
        .. compiled.Program.Cells.Select(c => c.Cell).Concat(compiled.Program.Stripes.Cells.Select(c => c.Cell)).Concat(compiled.Program.Aggregates.Select(a => a.Cell).OfType<SharedCell>())
            .Where(c => c.IsWritten).OrderBy(c => c.Index).Select(c => (c.Cell.Name, c.Cell.Value)),
    ];

    private void SayDetaching(Tracing tracing)
    {
        if (tracing.SlowLinks > ManyLinks && !_options.Quiet && OutputBuffer.IsTerminal(2)) Say($"detaching {tracing.SlowLinks} links...");
    }

    private void ReportLeftOut(IReadOnlyList<KtapException> leftOut)
    {
        if (leftOut.Count == 0) return;
        Say($"left out {leftOut.Count} events that can't be attached{(_options.Verbose ? ":" : " (-v says why)")}");
        if (!_options.Verbose) return;
        foreach (var e in leftOut) Say($"  can't {e.Operation}{(e.Hint is null ? "" : $" ({e.Hint})")}");
    }

    private bool ReportErrors(ImmutableArray<(ErrorCounter Counter, long Count)> errors)
    {
        // Several places of one line are one message.
        foreach (var line in errors.GroupBy(e => (e.Counter.Source, e.Counter.Source.PositionOf(e.Counter.Span.Start).Line, e.Counter.Kind, e.Counter.Table)))
            Say($"{line.Key.Source.Name}:{line.Key.Line}: {Describe(line.First().Counter, line.Sum(e => e.Count))}");
        return errors.Length > 0;
    }

    private string Describe(ErrorCounter counter, long count) => counter.Kind switch
    {
        HandlerError.DivideByZero => $"divide by zero: {Times(count)}, the handler ended there",
        HandlerError.LoopLimit => $"a loop went round too often: {Times(count)}, the handler ended there (--max-loop is {_options.MaxLoop}; kernels have limits of their own)",
        HandlerError.ZeroStep => $"the step of a loop was 0: {Times(count)}, the handler ended there",
        HandlerError.BadOperand => $"a value was nil or of the wrong kind: {Times(count)}, the handler ended there",
        HandlerError.Fault => $"a read of memory faulted {Times(count)} and gave nil",
        HandlerError.StringCut => $"a string was too long and was cut {Times(count)} (--strlen is {_options.StringLength})",
        HandlerError.SignalRefused => $"the kernel refused to send a signal {Times(count)} (no such signal, or none can be sent to that process)",
        HandlerError.EventCut => $"the text of an event was cut {Times(count)}",
        HandlerError.TableFull => $"table '{counter.Table?.Name}' was full: {count} updates refused (--max-entries is {_options.MaxEntries})",
        HandlerError.UpdateRefused => $"the kernel refused {count} updates of '{counter.Table?.Name ?? "a variable"}' (busy, or out of memory)",
        HandlerError.StacksFull => $"{count} stacks were lost and gave nil: there is room for {StackLayout.Stacks(_options.MaxEntries)} different ones (--max-entries)",
        HandlerError.StackLost => $"{count} stacks were lost and gave nil: the kernel could not capture or keep them",
        HandlerError.OutputLost => $"{count} records of output were lost: the ring buffer was full",
        _ => $"a sample or key was nil {Times(count)} and changed nothing",
    };

    private static string Times(long count) => count == 1 ? "once" : $"{count} times";

    private void Say(string text)
    {
        _messages.Write($"ktap: {text}\n");
        _messages.Flush();
    }

    // Long lines are cut to what a person reads, also where there is no terminal to say how wide it is.
    private const int ErrorWidth = 160;

    private void ShowDiagnostics()
    {
        new DiagnosticRenderer(colours: OutputBuffer.IsTerminal(2), ErrorWidth).Write(_messages, _diagnostics);
        _messages.Flush();
    }
}
