using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime.Rendering;

namespace Ktap.Runtime.Listing;

/// <summary>What can be traced (<c>ktap list</c>, <c>-le</c>, <c>-lf</c>, <c>-lm</c>): one event a line, as <c>trace</c> takes it; each kind of probe lists its own.</summary>
/// <param name="target">The kernel.</param>
/// <param name="options">The options, for what is found through a process.</param>
/// <param name="details">Whether the arguments stand behind each name (<c>-v</c>).</param>
/// <param name="output">Where the lines go.</param>
public sealed class EventListing(Target target, ProbeOptions options, bool details, OutputBuffer output)
{
    private readonly DiagnosticBag _diagnostics = [];

    /// <summary>Lists everything that has a name, and the forms of what hasn't.</summary>
    public void WriteAll()
    {
        foreach (var kind in ProbeKind.All) Write(kind.List(new ListRequest("*", target, options)));
        foreach (var form in ProbeKind.All.SelectMany(k => k.Forms).Concat(["profile-N{us,ms,s,m,hz}", "tick-N{us,ms,s,m}"])) output.Write(form + "\n");
        output.Flush();
    }

    /// <summary>Lists what a spec means, anything that <c>trace</c> takes; gives what is wrong with it where that is nothing.</summary>
    public IReadOnlyList<Diagnostic> Write(string text)
    {
        var source = SourceText.From(text, "list");
        var parsed = Parser.ParseEventSpecs(text, source, new TextSpan(0, source.Bytes.Length), _diagnostics);
        foreach (var spec in parsed.Specs) Write(spec, source);
        output.Flush();
        return [.. _diagnostics];
    }

    /// <summary>Lists what is in a program or library: its functions (<c>probe</c>) or markers (<c>sdt</c>).</summary>
    public IReadOnlyList<Diagnostic> WriteFile(string kind, string file)
    {
        var text = $"{kind}:{file}:*";
        var source = SourceText.From(text, "list");
        Write(new LiteralEventSpec(new TextSpan(0, source.Bytes.Length), text, ""), source);
        output.Flush();
        return [.. _diagnostics];
    }

    private void Write(LiteralEventSpec spec, SourceText source)
    {
        var request = new ListRequest(spec.Text, target, options);
        if (Write(Asked(spec).SelectMany(k => k.List(request)))) return;
        // Not listed, but perhaps an event all the same (a raw code, an address); if not, it is wrong in the way that it would be in a script.
        var errors = new DiagnosticBag();
        var sites = new ProbeRequest(target, options, EventUse.None, source, errors).Resolve([spec]);
        foreach (var error in errors) _diagnostics.Add(error);
        if (!errors.IsClean) return;
        if (sites.SelectMany(s => s.AttachPoints).All(p => p is AttachPoint.PerfEvent { BreakpointType: 0 } c && !target.CanCount(c.Type, c.Config, c.Sampling.Value)))
        {
            _diagnostics.Add(Errors.CantCount(source, spec.Span, spec.Text));
            return;
        }
        output.Write(spec.Text);
        if (details && sites is [var site, ..]) output.Write($"({string.Join(", ", site.FieldNames)})");
        output.Write("\n");
    }

    // Where a pattern stands for the group too, all kinds may have something.
    private ImmutableArray<ProbeKind> Asked(LiteralEventSpec spec) =>
        Glob.IsPattern(spec.Text.Split(':')[0]) ? ProbeKind.All : [ProbeKind.All.First(k => k.Claims(spec, target))];

    private bool Write(IEnumerable<ListedEvent> events)
    {
        var any = false;
        foreach (var one in events)
        {
            any = true;
            output.Write(one.Name);
            if (details) output.Write(one.Details());
            output.Write("\n");
            if (output.IsClosed) break;
        }
        return any;
    }
}
