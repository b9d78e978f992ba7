using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// An event that was made in tracefs of a place in code. The kernel runs no program on it that could read its record, only one that sees the
/// registers; so its fields are read as its definition says.
/// </summary>
internal sealed class MadeEventSite : ProbeSite
{
    private readonly MadeEvent _event;
    private readonly ImmutableArray<FetchArgument> _fetched;
    private readonly FetchReader _reader;

    private MadeEventSite(MadeEvent made, ImmutableArray<FetchArgument> fetched, ProbeRequest request) : base(request.Target, request.Options)
    {
        (_event, _fetched) = (made, fetched);
        ProbeNames = new NameSet([made.Name]);
        _reader = new FetchReader(this, made.IsUser);
    }

    /// <summary>The site of an event that a spec means; an event that can't be traced is reported, where the spec isn't a pattern.</summary>
    public static IEnumerable<ProbeSite> Make(MadeEvent made, LiteralEventSpec spec, ProbeRequest request)
    {
        var architecture = request.Target.Architecture;
        if (made.Kind is not ('p' or 'r'))
        {
            if (!Glob.IsPattern(spec.Text)) request.Diagnostics.Add(Errors.EventWithoutPrograms(request.Source, spec.Span, spec.Text));
            return [];
        }
        var context = new FetchContext(architecture.Registers, architecture.WordSize, made.Kind == 'r', made.IsUser, made.IsUser ? _ => null : request.Target.SymbolAddress);
        return [new MadeEventSite(made, FetchArguments.Parse(spec with { FetchArguments = made.Arguments }, context, request.Source, request.Diagnostics), request)];
    }

    /// <inheritdoc/>
    public override string Section => (_event.Kind == 'r', _event.IsUser) switch
    {
        (false, false) => "kprobe",
        (true, false) => "kretprobe",
        (false, true) => "uprobe",
        (true, true) => "uretprobe",
    };

    /// <inheritdoc/>
    public override string Description => $"{_event.Group}:{_event.Name}";

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [new AttachPoint.Tracepoint(_event.Group, _event.Name)];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; }

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [_event.Group];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. _fetched.Select(f => f.Name).OfType<string>()];

    /// <inheritdoc/>
    public override EventText Text => FunctionText.Of(ProbeNames, _event.Kind == 'r', 0, _ => 0L, _fetched.Select((f, i) => (_reader.Field(f, i + 1), f.Type.IsImplied)).ToImmutableArray());

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Field(string name)
    {
        for (var i = 0; i < _fetched.Length; i++)
            if (_fetched[i].Name == name) return _reader.Field(_fetched[i], i + 1);
        return null;
    }

    /// <summary>The fields from 1; in older numberings the kernel's own come before: the probe's address, on return also the caller's.</summary>
    public override ProbeField? Argument(int number)
    {
        if (Options.ArgumentBase is { } first) number -= first + (_event.Kind == 'r' ? 1 : 0);
        return number >= 1 && number <= _fetched.Length ? _reader.Field(_fetched[number - 1], number) : null;
    }
}
