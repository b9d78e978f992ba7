using System.Text;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>
/// What the compared programs are made of, counted in their bound trees. What there is comes from the compiler's own tables and types,
/// so that something new without a generator shows up as missing.
/// </summary>
internal sealed class Coverage
{
    private const int Least = 100;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (int Count, string Program)> _refused = new(StringComparer.Ordinal);
    private int _programs;

    /// <summary>Counts the programs of a batch.</summary>
    public void Add(Comparison.Result result)
    {
        lock (_lock)
        {
            _programs += result.Compared.Sum(s => s.Probes.Count) + result.Refused.Count;
            foreach (var (program, diagnostic) in result.Refused)
            {
                var reason = diagnostic[(diagnostic.IndexOf("error ", StringComparison.Ordinal) is >= 0 and var at ? at + 6 : 0)..];
                _refused[reason] = (_refused.GetValueOrDefault(reason).Count + 1, program);
            }
            foreach (var side in result.Compared)
                foreach (var function in BoundTree.Functions(side.Main.Script.Main))
                    foreach (var node in BoundTree.Descendants(function.Body)) Count(node);
        }
    }

    private void Count(BoundNode node)
    {
        Count(node.GetType().Name);
        switch (node)
        {
            case BoundBinary b: Count($"operator {Operators.Text(b.Op)}"); break;
            case BoundUnary u: Count($"unary {Operators.Text(u.Op)}"); break;
            case BoundUpdate u: Count($"update {Operators.Text(u.Op)}="); break;
            case BoundBuiltin b: Count($"builtin {b.Builtin.Name}"); break;
            case BoundDo d: Count(d.Until ? "repeat" : "do"); break;
        }
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    /// <summary>The counts, as text.</summary>
    public string Report()
    {
        // After a failure the other threads are not at their ends yet.
        using var scope = _lock.EnterScope();
        var text = new StringBuilder($"{_programs} programs\n");
        foreach (var (what, count) in _counts) text.Append($"{count,8} {what}\n");
        var refused = _refused.Sum(r => r.Value.Count);
        text.Append($"{refused} refused\n");
        foreach (var (reason, (count, program)) in _refused) text.Append($"{count,8} {reason}\n{(count > 0 ? program : "")}");
        return text.ToString();
    }

    /// <summary>Fails where something was generated too rarely, or too many programs could not be compared.</summary>
    public void AssertComplete()
    {
        var rare = Wanted().Where(w => _counts.GetValueOrDefault(w) < Least).Select(w => $"{w}: {_counts.GetValueOrDefault(w)}").ToList();
        Assert.True(rare.Count == 0, $"less than {Least} times: {string.Join(", ", rare)}");
        var unknown = _refused.Keys.Where(r => !Unlike.Any(u => r.Contains(u, StringComparison.Ordinal))).ToList();
        Assert.True(unknown.Count == 0, $"programs left out for no known reason: {string.Join(", ", unknown)}");
        Assert.True(_refused.Sum(r => r.Value.Count) * 20 < _programs, "too many programs were left out");
    }

    // Why a program may be left out: where the language has the sides differ, or it can't be run.
    private static readonly string[] Unlike = ["KT0609", nameof(HandlerError.StringCut), nameof(HandlerError.TableFull), Comparison.UsesEvent, "KT0258", "KT0610"];

    // Builtins of handlers whose values can't be the same on both sides, and where they are tested instead.
    private static readonly string[] Elsewhere =
    [
        "stack", "ustack", "backtrace", "print_backtrace", "kdebug.dumpstack", // stacks of the running thread: StackTests
        "curtask", "curr_taskinfo", "net.ip_sock_saddr", "net.ip_sock_daddr", "kernel_string", "hex", // the kernel's own data: tests of pointers
        "in_interrupt", // where the kernel tells where it counts them: tests/vm
        "strftime", // text that is only printed: tests of handlers in Cli.Tests
        "send_signal", "override_return", // they do something to the traced process
        "print", "printf", // counted as calls
    ];

    // Statements and expressions that register, sample, or belong to an event: not to be compared here.
    private static readonly Type[] NotHere =
        [typeof(BoundTimer), typeof(BoundTraceEnd), typeof(BoundSample), typeof(BoundField), typeof(BoundPattern)];

    private static IEnumerable<string> Wanted() =>
        Operators.Binary.Where(o => o.Op != BinaryOp.FilterGlob).Select(o => $"operator {o.Spellings[0]}")
            .Concat(Operators.Unary.Select(o => $"unary {o.Spellings[0]}"))
            .Concat(new[] { "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>" }.Select(o => $"update {o}="))
            .Concat(["do", "repeat"])
            .Concat(typeof(BoundNode).Assembly.GetTypes().Where(t => !t.IsAbstract && !NotHere.Contains(t) && (t.IsSubclassOf(typeof(BoundStatement)) || t.IsSubclassOf(typeof(BoundExpression)))).Select(t => t.Name))
            .Concat(BuiltinTable.All.Where(b => b is { Kernel: not null, Event: null } && !Elsewhere.Contains(b.Name)).Select(b => $"builtin {b.Name}"));
}
