using System.Collections.Immutable;
using Ktap.Compiler.Text;

namespace Ktap.Runtime;

/// <summary>What <c>ktap run</c> is asked to do; the defaults are those of the command line.</summary>
/// <param name="Source">The script.</param>
/// <param name="Arguments">Its arguments, from <c>arg[1]</c>.</param>
public sealed record SessionOptions(SourceText Source, ImmutableArray<string> Arguments)
{
    /// <summary>The command to trace and its arguments (<c>-- CMD</c>), or empty.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Only these processes (<c>-p</c>).</summary>
    public ImmutableArray<int> Pids { get; init; } = [];

    /// <summary>Only this processor (<c>-C</c>).</summary>
    public int? Cpu { get; init; }

    /// <summary>Only tasks in or under this cgroup (<c>--cgroup</c>): its folder, or its path below where cgroup2 is mounted.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Output lines of handlers begin with the time (<c>-T</c>).</summary>
    public bool Timestamps { get; init; }

    /// <summary>Say what is done (<c>-v</c>).</summary>
    public bool Verbose { get; init; }

    /// <summary>Don't say that tracing has begun (<c>-q</c>).</summary>
    public bool Quiet { get; init; }

    /// <summary>Load and verify, attach nothing (<c>-d</c>).</summary>
    public bool DryRun { get; init; }

    /// <summary>Include ktap's own events in what handlers send (<c>--self</c>).</summary>
    public bool Self { get; init; }

    /// <summary>What changes the system is allowed: signals, commands (<c>--unsafe</c>).</summary>
    public bool Unsafe { get; init; }

    /// <summary>Errors counted in handlers make the exit status 1 (<c>--strict</c>).</summary>
    public bool Strict { get; init; }

    /// <summary>The number of a record's first field in scripts of older releases (<c>--arg-base</c>).</summary>
    public int? ArgumentBase { get; init; }

    /// <summary>How often a loop in user space may go round (<c>--max-loop</c>).</summary>
    public long MaxLoop { get; init; } = 100_000_000;

    /// <summary>Slots of a table in the kernel (<c>--max-entries</c>).</summary>
    public int MaxEntries { get; init; } = 10_240;

    /// <summary>Bytes of a string of unknown length in handlers (<c>--strlen</c>).</summary>
    public int StringLength { get; init; } = 256;

    /// <summary>Write to this file instead of standard output (<c>-o</c>).</summary>
    public string? OutputFile { get; init; }

    /// <summary>Print one stage of the compilation and stop (<c>--dump</c>, <c>-b</c>).</summary>
    public DumpStage? Dump { get; init; }

    /// <summary>Write the object to this file and stop (<c>ktap build -o</c>).</summary>
    public string? ObjectFile { get; init; }
}

/// <summary>What <c>--dump</c> can show; <see cref="Code"/> is <c>-b</c>.</summary>
public enum DumpStage
{
    /// <summary>The tree.</summary>
    Ast,
    /// <summary>The intermediate representation after all passes.</summary>
    Ir,
    /// <summary>The intermediate representation as it was lowered, and after each pass that changed it.</summary>
    Passes,
    /// <summary>The instructions.</summary>
    Bpf,
    /// <summary>The instructions beside the source.</summary>
    Code,
    /// <summary>The object's types.</summary>
    Btf,
    /// <summary>The object's sections, symbols and relocations.</summary>
    Elf,
}
