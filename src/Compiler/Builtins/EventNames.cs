using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>What a handler can see of its event (language §8). All are values that only handlers have.</summary>
internal static class EventNames
{
    private const string NameDoc = "The event's name.";

    /// <summary>The event's name; also <c>e.name</c>.</summary>
    public static readonly Builtin ProbeName = Name("probename", NameDoc);

    public static readonly BuiltinFamily Family = new("The event",
    [
        Argument(0, "A system call's number, or the probed address of a function probe."),
        Argument(1, "The event's first argument: a tracepoint's first field, a system call's or function's first argument; on a system call's exit its result."),
        .. Sequence.Range(2, 8).Select(n => Argument(n, $"The event's {Ordinals[n - 2]} argument.")),
        new("retval", [], "The value that a function or a system call returned.")
        {
            IsValue = true,
            Event = EventUse.None with { Fields = ["ret"] },
            Field = site => site.Field("ret"),
        },
        Text("argstr", "The whole event as text, as the kernel's trace file has it."),
        Text("argevent", "The same as `argstr`."),
        ProbeName,
        Name("argname", "The same as `probename`."),
        new("probegroup", [], "The event's group.")
        {
            IsValue = true,
            Kernel = new KernelBody((site, _) => new KtapType.NameType(new NameSet(site.ProbeGroups)), EmitGroup),
        },
    ]);

    private static ImmutableArray<string> Ordinals => ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];

    private static Builtin Argument(int number, string doc) => new($"arg{number}", [], doc)
    {
        IsValue = true,
        Event = EventUse.None with { Arguments = [number] },
        Field = site => site.Argument(number),
    };

    private static Builtin Name(string name, string doc) => new(name, [], doc)
    {
        IsValue = true,
        Kernel = new KernelBody(
            (site, _) => new KtapType.NameType(site.ProbeNames),
            (context, _) => IrValue.OfWord(new KtapType.NameType(context.Site.ProbeNames), context.ProbeName)),
    };

    private static Builtin Text(string name, string doc) => new(name, [], doc)
    {
        IsValue = true,
        Event = EventUse.None with { Text = true },
        Kernel = new KernelBody(
            (site, _) => site.Text is null
                ? throw new BuiltinException($"{site.Description} has no text form", "print its name: probename")
                : new KtapType.EventTextType(false),
            (_, _) => IrValue.OfEventText(false)),
    };

    // From the index of the event's name to that of its group, by a table of bytes in the read-only data.
    private static IrValue EmitGroup(KernelContext context, ImmutableArray<IrValue> arguments)
    {
        var names = new NameSet(context.Site.ProbeGroups);
        var type = new KtapType.NameType(names);
        if (names.Names.Length == 1) return IrValue.OfWord(type, 0);
        var groups = context.Site.ProbeGroups.Select(g => (byte)names.IndexOf(g)).ToArray();
        var ir = context.Ir;
        // The verifier has to see that the index lies inside the table.
        var (outside, inside, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        var result = ir.Copy(0L);
        var index = ir.Materialize(context.ProbeName);
        ir.Branch(IrCondition.GeU, index, groups.Length, outside, inside);
        ir.Start(inside);
        var address = ir.Binary(IrBinary.Add, ir.Data(DataKind.Rodata, context.Emitter.Constant([.. groups])), index);
        ir.Assign(result, ir.Load(address, 0, 1));
        ir.Jump(done);
        ir.Start(outside);
        ir.Start(done);
        return IrValue.OfWord(type, result);
    }
}
