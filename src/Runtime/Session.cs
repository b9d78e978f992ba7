using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;
using Ktap.Runtime.Events;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime;

/// <summary>One run of a script: main, compile, load, attach, pump, end (language §1). The exit status is that of language §11.</summary>
public sealed partial class Session : IDisposable
{
    private const int ScriptError = 1;

    private readonly SessionOptions _options;
    private readonly IMachine _machine;
    private readonly KernelSymbols _symbols;
    private readonly UserSymbols _users;
    private readonly World _world;
    private readonly OutputBuffer _messages;
    private readonly DiagnosticBag _diagnostics = [];
    private readonly List<IDisposable> _signals = [];

    // Never disposed: a command that ends after ktap's interest in it still sets it.
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _interrupted;

    /// <summary>A session that writes to <paramref name="output"/>, and what it has to say to <paramref name="messages"/>.</summary>
    public Session(SessionOptions options, IMachine machine, OutputBuffer output, OutputBuffer messages)
    {
        (_options, _machine, _messages) = (options, machine, messages);
        _symbols = new KernelSymbols(() => machine.ReadFile("/proc/kallsyms"));
        _users = new UserSymbols(machine);
        _world = new World(output, _symbols, new LiveTarget(machine, _symbols), _users);
    }

    /// <summary>Runs the script on a thread with the stack that its recursion needs; gives the exit status. Throws <see cref="KtapException"/> where the machine says no.</summary>
    public int Run()
    {
        var status = 0;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                status = RunStages();
            }
            catch (Exception e)
            {
                failure = e;
            }
        }, Evaluator.StackBytes);
        Handle(PosixSignal.SIGINT);
        Handle(PosixSignal.SIGTERM);
        thread.Start();
        thread.Join();
        _world.Output.Flush();
        ShowDiagnostics();
        if (failure is KtapException refusal) throw refusal;
        if (failure is not null) throw new InvalidOperationException(failure.Message, failure);
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }

    // timeout(1) signals its child and then its process group, which the child is in: what comes so soon is the same signal.
    private const int SameSignal = 200;

    private long _interruptedAt;

    // The first signal ends tracing, or main; the second ends at once.
    private void Handle(PosixSignal signal) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (_interrupted && Environment.TickCount64 - _interruptedAt > SameSignal) Environment.Exit(Interrupted);
        if (!_interrupted) _interruptedAt = Environment.TickCount64;
        _interrupted = true;
        _world.RequestStop();
        _wake.Set();
    }));

    private const int Interrupted = 130;

    private int RunStages()
    {
        var script = Parser.Parse(_options.Source, _diagnostics);
        if (!_diagnostics.IsClean) return ScriptError;
        if (_options.Dump == DumpStage.Ast) return Show(AstPrinter.Print(script));
        if (script.Statements.IsEmpty)
        {
            _messages.Write($"ktap: {_options.Source.Name} is empty: there is nothing to run\n");
            return 0;
        }
        var bound = Binder.Bind(script, _diagnostics, "arg");
        if (!_diagnostics.IsClean) return ScriptError;

        var evaluator = new Evaluator(bound, new Dictionary<string, Value> { ["arg"] = ScriptArguments() }, _world, new EvaluatorOptions(_options.MaxLoop, _options.Unsafe));
        try
        {
            return Trace(evaluator, evaluator.RunMain());
        }
        catch (ScriptException e)
        {
            _diagnostics.Add(e.Diagnostic);
            return ScriptError;
        }
        catch (ExitException e)
        {
            return e.Code;
        }
        catch (InterruptedException)
        {
            return Interrupted;
        }
    }

    // arg[0] is the script; arguments that look like integers are integers.
    private Value ScriptArguments()
    {
        var table = new Table("arg") { [Value.Int(0)] = Value.String(_options.Source.Name) };
        for (var i = 0; i < _options.Arguments.Length; i++)
        {
            var text = _options.Arguments[i];
            table[Value.Int(i + 1)] = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? Value.Int(number)
                : Value.String(text);
        }
        return Value.Table(table);
    }

    private int Trace(Evaluator evaluator, MainResult main)
    {
        if (main.Registrations.IsEmpty && _options.Command.IsEmpty) return 0;
        if (_options.Cpu is { } cpu) CheckOnline(cpu);
        var command = _options.Command.IsEmpty || _options.DryRun ? null : _machine.Prepare(_options.Command);
        CompiledScript? compiled = null;
        try
        {
            _world.TargetPid = command?.Pid ?? _options.Pids.FirstOrDefault();
            var group = _options.Cgroup is { } path ? CgroupFolder(path) : null;
            compiled = Compile(main, command, loopShare: 1);
            if (compiled is null) return ScriptError;
            if (_options.Dump is { } stage) return Show(Dump.Text(stage, compiled));
            if (_options.ObjectFile is { } file) return WriteObject(file, compiled);
            using var tracing = Load(main, command, ref compiled);
            if (_options.DryRun) return 0;
            if (command is not null) tracing.Follow(command);
            if (group is not null) tracing.FollowCgroup(_machine.OpenFolder(group));
            TellClocks(tracing);
            ReportLeftOut(tracing.Attach());
            return Pump(evaluator, main, compiled, tracing, command);
        }
        catch (LoadException e) when (e.VerifierLog.Length > 0 || (e.ProgramName is not null && e.Errno is not NotPermitted))
        {
            _diagnostics.Add(Refusal(main, compiled, e));
            return ScriptError;
        }
        finally
        {
            if (command is not null) _machine.Forget(command);
        }
    }

    // EPERM without a word of the verifier: the machine lets nobody load such a program, whatever is in it.
    private const int NotPermitted = 1;

    // A path below the place where cgroup2 is mounted, as /proc/PID/cgroup has it, or one from the root.
    private string CgroupFolder(string path)
    {
        var below = $"{_machine.Features.Cgroup2}/{path.TrimStart('/')}";
        if (_machine.Features.Cgroup2 is null) throw new KtapException($"trace cgroup {path}: this machine has no cgroup2", 0, "mount it: mount -t cgroup2 none /sys/fs/cgroup/unified");
        if (_machine.Exists(below)) return below;
        return _machine.Exists(path + "/cgroup.procs") ? path : throw new KtapException($"trace cgroup {path}: there is none", 0, $"cgroups are folders below {_machine.Features.Cgroup2}; /proc/PID/cgroup has that of a process");
    }

    private void CheckOnline(int cpu)
    {
        var online = Encoding.UTF8.GetString(_machine.ReadFile("/sys/devices/system/cpu/online")).Trim();
        if (!CpuList.Parse(online).Contains(cpu)) throw KernelErrors.NoSuchCpu(cpu, online);
    }

    private CompiledScript? Compile(MainResult main, Command? command, double loopShare)
    {
        var options = Options(main, command);
        return Compilation.Compile(main, _world.Target, options with { Code = options.Code with { LoopShare = loopShare } }, _diagnostics);
    }

    // How many rounds of loops an old kernel's verifier walks depends on how many ways through a round it takes for different: where it gives up, loops get fewer.
    private Tracing Load(MainResult main, Command? command, ref CompiledScript compiled)
    {
        const double least = 1.0 / 64;
        for (var share = 1.0; ; share /= 4)
            try
            {
                return new Tracing(_machine, compiled, _users);
            }
            catch (LoadException e) when (e.IsTooComplex && share > least && !_world.Target.Features.BpfLoop && compiled.Program.Programs.Any(p => p.Handler.Loops))
            {
                if (Compile(main, command, share / 4) is not { } smaller) throw;
                compiled = smaller;
            }
    }

    private CompileOptions Options(MainResult main, Command? command) => new(
        new ProbeOptions(_options.ArgumentBase, _options.StringLength, main.Types)
        {
            TargetPid = _world.TargetPid,
            Processes = _options.Pids,
            CommandFile = command?.File ?? (_options.Command.IsEmpty ? null : ProgramPath.Find(_options.Command[0])),
            Cpu = _options.Cpu,
            Unsafe = _options.Unsafe,
        },
        new CodeOptions(_options.MaxEntries, _options.Self ? 0 : Environment.ProcessId, _options.Pids, _options.Cpu, !_options.Command.IsEmpty, _options.MaxLoop, _options.Timestamps)
        {
            TracksCommand = command is null ? _machine.Features.Cgroup2 is null : command.Cgroup is null,
            OnlyCgroup = _options.Cgroup is not null,
            IsPortable = _options.ObjectFile is not null,
        },
        KeepCoreRelocations: _options.ObjectFile is not null);

    private int Show(string text)
    {
        _world.Output.Write(text);
        if (!text.EndsWith('\n')) _world.Output.Write("\n");
        return 0;
    }

    private static int WriteObject(string file, CompiledScript compiled)
    {
        try
        {
            File.WriteAllBytes(file, [.. compiled.Object]);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KtapException($"write {file}: {e.Message}", 0, null);
        }
    }

    private Diagnostic Refusal(MainResult main, CompiledScript? compiled, LoadException e)
    {
        if (e.IsTooComplex && compiled?.Program.Programs.FirstOrDefault(p => p.Name == e.ProgramName)?.Handler is { } handler)
            return Compiler.Diagnostics.Errors.TooManyWays(handler.Source, handler.Span, $"the handler of {handler.Site.Description}");
        var at = main.Registrations.FirstOrDefault();
        var (source, span) = at is null ? (_options.Source, default) : (at.Source, at.Span);
        var (place, reason) = (VerifierPlace.OfCall(source, e.VerifierLog) ?? VerifierPlace.Of(source, e.VerifierLog) ?? span, VerifierPlace.Reason(e.VerifierLog));
        return reason.Contains("kernel func", StringComparison.Ordinal) || source.TextOf(place).Contains("ffi.C.", StringComparison.Ordinal)
            ? Compiler.Diagnostics.Errors.CallRefused(source, place, reason)
            : Compiler.Diagnostics.Errors.Refused(source, place, reason);
    }
}
