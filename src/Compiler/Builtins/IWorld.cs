using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>The evaluator's window on the world: everything that code in user space can see or do besides computing.</summary>
public interface IWorld
{
    /// <summary>Writes values as <c>print</c> does: tabs between, a newline at the end.</summary>
    void Print(ReadOnlySpan<Value> values);

    /// <summary>Writes by a C format; throws <see cref="StoreException"/> never, formats were checked when compiling or are checked here with a <see cref="BuiltinException"/>.</summary>
    void Printf(KString format, ReadOnlySpan<Value> values);

    /// <summary>Writes the histogram of language §9 with at most <paramref name="rows"/> rows.</summary>
    void PrintHistogram(Table table, int rows);

    /// <summary>Writes bytes as they are (terminal control).</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>A value as text: what <c>print</c> shows and <c>tostring</c> gives.</summary>
    KString Render(Value value);

    /// <summary>Nanoseconds of the monotonic clock.</summary>
    long MonotonicNanoseconds { get; }

    /// <summary>Nanoseconds since 1970.</summary>
    long WallClockNanoseconds { get; }

    /// <summary>The monotonic clock's nanoseconds when ktap started: what <c>elapsed</c> counts from.</summary>
    long StartNanoseconds { get; }

    /// <summary>How far local time is ahead of UTC at a time (in UTC).</summary>
    TimeSpan UtcOffset(DateTime utc);

    /// <summary>Sleeps, or until tracing is asked to stop.</summary>
    void Sleep(TimeSpan time);

    /// <summary>Runs a command by the shell, what was written before it written first; gives its exit status.</summary>
    int System(KString command);

    /// <summary>An environment variable, or null.</summary>
    string? Environment(string name);

    /// <summary>The symbol of a kernel address (<c>name+0x1c</c>), or its hexadecimal form.</summary>
    string KernelSymbol(ulong address);

    /// <summary>The target's facts: processors, architecture, version, symbols.</summary>
    Types.Target Target { get; }

    /// <summary>The pid that is traced (<c>-p</c>, <c>-- CMD</c>), or 0.</summary>
    int TargetPid { get; }

    /// <summary>Whether running code in user space has to end now (Ctrl-C during main, a second Ctrl-C later): its loops are broken off then.</summary>
    bool StopRequested { get; }
}

/// <summary>A builtin's complaint about its arguments in user space: the evaluator adds the place and makes it a run-time error (KT06xx).</summary>
public sealed class BuiltinException(string message, string? hint = null) : Exception(message)
{
    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; } = hint;
}

/// <summary><c>exit(code)</c> in user space: unwinds to the session, which runs stage 4.</summary>
public sealed class ExitException(int code) : Exception("exit")
{
    /// <summary>The code, 0 to 255.</summary>
    public int Code { get; } = code;
}
