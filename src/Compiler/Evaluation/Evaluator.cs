using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>Limits of code in user space.</summary>
/// <param name="MaxLoop">How often a loop may go round.</param>
public sealed record EvaluatorOptions(long MaxLoop = 100_000_000, bool Unsafe = false);

/// <summary>Code in user space was broken off because <see cref="IWorld.StopRequested"/> became true.</summary>
public sealed class InterruptedException() : Exception("interrupted");

/// <summary>
/// Runs a script in user space: the main stage, then ticks, deferred calls and <c>trace_end</c>. Errors of the script are
/// <see cref="ScriptException"/>s, <c>exit</c> is an <see cref="ExitException"/>. For one thread at a time.
/// </summary>
public sealed class Evaluator
{
    /// <summary>
    /// How many calls may be in each other. More would be slow: each collection of garbage walks the whole native stack, and so does the
    /// error at the end.
    /// </summary>
    public const int MostCalls = 100_000;

    /// <summary>The native stack in bytes that a thread needs for <see cref="MostCalls"/>; on a smaller one "stack overflow" comes earlier.</summary>
    public const int StackBytes = 256 << 20;

    private const long RoundsBetweenChecks = 1024;

    private readonly BoundScript _script;
    private readonly EvaluatorOptions _options;
    private readonly UserContext _context;
    private readonly Dictionary<BoundFunction, FunctionCode> _code = [];
    private readonly ImmutableArray<Cell> _globals;
    private readonly ImmutableArray<Registration>.Builder _registrations = ImmutableArray.CreateBuilder<Registration>();
    private AggregatePlan? _aggregates;
    private bool _isMain;
    private int _depth;
    private long _calls;

    /// <summary>An evaluator for a script that was bound without errors. <paramref name="predefined"/> gives the predefined globals their values.</summary>
    public Evaluator(BoundScript script, IReadOnlyDictionary<string, Value> predefined, IWorld world, EvaluatorOptions options)
    {
        _script = script;
        _options = options;
        World = world;
        _context = new UserContext(world, (function, arguments) => Call(function, arguments), new CTypes(() => world.Target));
        _globals = [.. script.Globals.Select(v => new Cell(v.Name, InitialValue(v, predefined)))];
    }

    /// <summary>The world that the script sees.</summary>
    internal IWorld World { get; }

    /// <summary>
    /// What aggregates made in user space keep: everything, and each linear distribution that the script reads, as samples can't be sorted into
    /// other steps later.
    /// </summary>
    internal AggregatePlan Aggregates => _aggregates ??= new AggregatePlan(AggregateView.Samples, AggregateParts.All,
        [.. BoundTree.Functions(_script.Main).SelectMany(f => BoundTree.Descendants(f.Body)).OfType<BoundCall>().Select(Binder.StepsOf).OfType<LinearSteps>().Distinct()]);

    /// <summary>The names that could be meant where one is not known.</summary>
    internal IEnumerable<string> KnownNames => _script.Globals.Select(v => v.Name).Concat(BuiltinTable.All.Select(b => b.Name));

    /// <summary>Runs the main stage, once.</summary>
    public MainResult RunMain()
    {
        _isMain = true;
        try
        {
            Call(new Closure(_script.Main, []));
        }
        finally
        {
            _isMain = false;
        }
        return new MainResult(_script, _globals, _registrations.ToImmutable(), _context.Types);
    }

    /// <summary>Calls a function of the script, or a builtin: its first result. Arguments left out are nil, those too many are dropped.</summary>
    public Value Call(KFunction function, params Value[] arguments)
    {
        var depth = _depth;
        try
        {
            if (function is Builtin builtin) return CallBuiltin(builtin, arguments, new Origin(_script.Source, _script.Main.Span));
            var closure = (Closure)function;
            var code = CodeOf(closure.Function);
            var frame = new Frame(this, code, closure.Captures);
            Array.Copy(arguments, frame.Locals, Math.Min(arguments.Length, code.ParameterCount));
            code.MakeParameterCells(frame);
            return Run(frame, new Origin(closure.Function.Source, closure.Function.Span)).Result;
        }
        finally
        {
            _depth = depth;
        }
    }

    /// <summary>Runs a call, and those that take its place: the frame that has the results.</summary>
    internal Frame Run(Frame frame, Origin at)
    {
        if (++_depth > MostCalls) throw at.Error((s, p) => Errors.StackOverflow(s, p, frame.Code.Function.Name));
        EnsureStack(frame.Code.Function, at);
        while (true)
        {
            if (++_calls % RoundsBetweenChecks == 0 && World.StopRequested) throw new InterruptedException();
            var signal = frame.Code.Body.Execute(frame);
            if (signal == Signal.TailCall)
            {
                // Without the link nothing keeps the frames of a long chain alive.
                (var next, frame.Tail) = (frame.Tail!, null);
                frame = next;
                continue;
            }
            if (signal == Signal.Next) frame.Results = [];
            _depth--;
            return frame;
        }
    }

    /// <summary>Calls a builtin in user space: checks the arguments, and puts the place to its complaints.</summary>
    internal Value CallBuiltin(Builtin builtin, Value[] arguments, Origin at)
    {
        if (builtin.IsHandlerOnly) throw at.Error((s, p) => Errors.NoEvent(s, p, builtin.Name, ""));
        if (builtin.IsUnsafe && !_options.Unsafe) throw at.Error((s, p) => Errors.NeedsUnsafe(s, p, builtin.Name));
        if (builtin.User is null) throw at.Error((s, p) => Errors.IteratorAsValue(s, p, builtin.Name));
        return Complaining(builtin, at, () => builtin.User(_context, Checked(builtin, arguments, at)));
    }

    /// <summary>What a builtin iterates over.</summary>
    internal IEnumerable<KeyValuePair<Value, Value>> Iterate(Builtin builtin, Value[] arguments, Origin at) =>
        Complaining(builtin, at, () => builtin.Iterate!(_context, Checked(builtin, arguments, at)));

    /// <summary>Counts one round of a loop.</summary>
    internal void CountRound(ref long rounds, Origin at)
    {
        if (++rounds > _options.MaxLoop) throw at.Error((s, p) => Errors.LoopLimit(s, p, _options.MaxLoop));
        if (rounds % RoundsBetweenChecks == 0 && World.StopRequested) throw new InterruptedException();
    }

    /// <summary>The error "stack overflow" while there is still native stack to make it with.</summary>
    internal static void EnsureStack(BoundFunction function, Origin at)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw at.Error((s, p) => Errors.StackOverflow(s, p, function.Name));
    }

    /// <summary>A function made ready to run.</summary>
    internal FunctionCode CodeOf(BoundFunction function)
    {
        if (!_code.TryGetValue(function, out var code)) _code.Add(function, code = new FunctionCode(function, this));
        return code;
    }

    /// <summary>The cell of a global.</summary>
    internal Cell Global(Variable variable) => _globals[variable.Slot];

    /// <summary>A filter out of a computed spec.</summary>
    internal Closure FilterOf(Expression filter)
    {
        var diagnostics = new DiagnosticBag();
        var bound = Binder.BindFilter(filter, _script, diagnostics);
        return diagnostics.IsClean ? new Closure(bound.Function, []) : throw new ScriptException(diagnostics.First(d => d.Severity == Severity.Error));
    }

    /// <summary>Adds a registration, in the main stage.</summary>
    internal void Register(string what, Registration registration)
    {
        if (!_isMain) throw new ScriptException(Errors.RegisteredLate(registration.Source, registration.Span, what));
        _registrations.Add(registration);
    }

    private static Value InitialValue(Variable variable, IReadOnlyDictionary<string, Value> predefined) =>
        predefined.TryGetValue(variable.Name, out var value) ? value : variable.IsTable ? Value.Table(new Table(variable.Name)) : Value.Nil;

    private static T Complaining<T>(Builtin builtin, Origin at, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (BuiltinException e)
        {
            throw at.Error((s, p) => Errors.BuiltinComplaint(s, p, builtin.Name, e.Message, e.Hint));
        }
        catch (StoreException e)
        {
            throw at.Error((s, p) => Errors.StoreRefused(s, p, e.Message));
        }
    }

    // The arguments, with nil for those left out, once their number and kinds are right.
    private static Value[] Checked(Builtin builtin, Value[] arguments, Origin at)
    {
        if (arguments.Length < builtin.MinArguments || arguments.Length > builtin.MaxArguments)
            throw at.Error((s, p) => Errors.ArgumentCount(s, p, builtin.Name, builtin.MinArguments, builtin.MaxArguments, arguments.Length, builtin.Doc));
        for (var i = 0; i < arguments.Length; i++)
        {
            var parameter = builtin.Parameters[Math.Min(i, builtin.Parameters.Length - 1)];
            if (Fits(parameter, arguments[i])) continue;
            var (number, kind) = (i + 1, arguments[i].KindName);
            throw at.Error((s, p) => Errors.ArgumentKind(s, p, builtin.Name, number, parameter.Name, NameOf(parameter.Accepts), kind));
        }
        if (arguments.Length < builtin.FixedArguments) Array.Resize(ref arguments, builtin.FixedArguments);
        return arguments;
    }

    private static bool Fits(Parameter parameter, Value argument) => parameter.Accepts switch
    {
        ArgumentKind.Any => true,
        _ when argument.IsNil => parameter.IsOptional,
        ArgumentKind.Int => argument.Kind == ValueKind.Int,
        ArgumentKind.String => argument.Kind == ValueKind.String,
        ArgumentKind.Table => argument.Kind == ValueKind.Table,
        _ => argument.Kind == ValueKind.Function,
    };

    private static string NameOf(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Int => "integer",
        ArgumentKind.String => "string",
        ArgumentKind.Table => "table",
        _ => "function",
    };
}
