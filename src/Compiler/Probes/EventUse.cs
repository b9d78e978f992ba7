using System.Collections.Immutable;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// What a handler uses of its events, found before its sites are made: it decides how they are attached, and which events
/// can share one program. May list more than is used in the end, never less.
/// </summary>
/// <param name="Fields">Names that may be fields, each once, in order.</param>
/// <param name="Arguments">Numbers of <c>argN</c>, each once, in order.</param>
/// <param name="Text">Whether the event is used as text.</param>
public sealed record EventUse(ImmutableArray<string> Fields, ImmutableArray<int> Arguments, bool Text)
{
    /// <summary>Nothing of the event is used but its name.</summary>
    public static EventUse None { get; } = new([], [], false);

    /// <summary>The patterns that the filter wants <c>ip</c> to match, whatever else it says: which functions <c>ftrace:function</c> is attached to.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>Whether anything is used that is in the event's record.</summary>
    public bool NeedsRecord => Text || Fields.Length > 0 || Arguments.Length > 0;
}

/// <summary>What of the compiler's options bears on probes.</summary>
/// <param name="ArgumentBase">The number of the record's first own field, hidden ones included, in scripts of older releases (<c>--arg-base</c>); null for today's numbering.</param>
/// <param name="StringLength">The most bytes of a string of unknown length (<c>--strlen</c>).</param>
/// <param name="Types">The C types of fields.</param>
public sealed record ProbeOptions(int? ArgumentBase, int StringLength, CTypes Types)
{
    /// <summary>The process that is traced (<c>-p</c>, <c>-- CMD</c>), or 0.</summary>
    public int TargetPid { get; init; }

    /// <summary>The processes that alone are traced (<c>-p</c>); files of user space are looked for as the first of them sees them.</summary>
    public ImmutableArray<int> Processes { get; init; } = [];

    /// <summary>The file of the command that is traced (<c>-- CMD</c>), or null.</summary>
    public string? CommandFile { get; init; }

    /// <summary>The one processor that is traced (<c>-C</c>), or null.</summary>
    public int? Cpu { get; init; }

    /// <summary>Whether what changes the system is allowed (<c>--unsafe</c>).</summary>
    public bool Unsafe { get; init; }
}
