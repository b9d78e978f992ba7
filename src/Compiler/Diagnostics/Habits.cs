namespace Ktap.Compiler.Diagnostics;

/// <summary>How ktap says what people know from bpftrace, DTrace, SystemTap and C under another name: hints for names, and for events.</summary>
internal static class Habits
{
    /// <summary>What to write instead of a name that ktap doesn't have; null where nothing is known about it.</summary>
    public static string? OfName(string name) => name switch
    {
        "str" or "copyinstr" or "copyin" => "user_string(p) and kernel_string(p) read strings; a field that is a string already needs neither",
        "user_string_n" => "write user_string(p, n)",
        "kernel_string_n" => "write kernel_string(p, n)",
        "kstack" => "write stack(), or stack(5) for five frames",
        "jstack" or "print_ubacktrace" or "ubacktrace" => "write ustack()",
        "ntop" => "write net.ntop(address)",
        "time" => "print strftime(\"%H:%M:%S\", gettimeofday_ns()); the option -T begins each line with the seconds since the start of the machine",
        "timestamp" or "vtimestamp" => "write nsecs",
        "walltimestamp" or "now" => "write gettimeofday_ns()",
        "clear" or "zero" or "trunc" => "write delete(t), which empties a table, or delete(t[k])",
        "func" or "probe" or "probefunc" or "pp" => "write probename",
        "probemod" or "probeprov" => "write probegroup",
        "username" => "write uid, which is a number",
        "strncmp" => "write substr(s, 1, n) == \"…\", or glob(s, \"…*\")",
        "strcontains" or "index" => "write strstr(s, part), which is nil where the part isn't there",
        "strcat" or "sprintf" => "'..' joins strings and integers: a .. \" \" .. b",
        "strtonum" or "strtol" or "atoi" => "write tonumber(s)",
        "sym" or "symname" or "symdata" => "write ksym(p)",
        "usymname" or "usymdata" or "uaddr" => "write usym(p)",
        "kptr" or "uptr" => "write cast(\"TYPE *\", p), or cast(\"TYPE __user *\", p)",
        "buf" or "macaddr" or "tracemem" => "write hex(p, n)",
        "signal" or "raise" => "write send_signal(n), with the option --unsafe",
        "override" => "write override_return(n), with the option --unsafe",
        "reg" => "name the register as a fetch argument: trace probe:FUNCTION x=%di { … }",
        "curthread" or "curproc" or "task_current" => "write curtask",
        "errno" => "a system call that fails returns a negative number: -ret",
        "args" => "one field is args.NAME, the whole event as text argstr",
        "unroll" => "write for (i = 1, 5) { … }",
        "cat" => "no file is read here; system(\"cat …\") runs a command, with the option --unsafe",
        "bswap" or "ntohs" or "htons" => "a port is (x & 255) << 8 | x >> 8 & 255",
        "NULL" or "null" or "None" => "write nil",
        _ when name.Length > 1 && name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') =>
            "C's enumerators have their names here, its macros (#define) don't: write the number",
        _ => null,
    };

    /// <summary>What to write instead of 1e6; null for anything else.</summary>
    public static string? OfInteger(string text) =>
        text.Split('e', 'E') is [var digits, var power] && int.TryParse(power, out var zeros) && zeros < 19 && long.TryParse(digits, out _) ? $"write {digits}{new string('0', zeros)}" : null;

    /// <summary>What to write instead of an event that isn't one; null where its form says nothing.</summary>
    public static string? OfEvent(string spec)
    {
        var parts = spec.Split(':');
        var rest = spec[(spec.IndexOf(':') + 1)..];
        return parts switch
        {
            ["BEGIN" or "begin"] => "what runs first stands at the top of the script, outside of any block",
            ["END" or "end"] => "write trace_end { … }",
            ["tracepoint" or "t", _, _, ..] => Trace(rest),
            ["tracepoint" or "t", ..] => Trace("SUBSYSTEM:EVENT"),
            ["rawtracepoint" or "raw_tracepoint" or "rt", .., var name] => Trace("rawtp:" + Or(name, "EVENT")),
            ["interval" or "i", "hz", var n] when long.TryParse(n, out var hertz) && hertz is > 0 and <= 1000 => Timer($"tick-{1000 / hertz}ms"),
            ["interval" or "i", var unit, var n] => Timer($"tick-{n}{unit}"),
            ["interval", ..] => Timer("tick-1s"),
            ["profile" or "p", var unit, var n] => Timer($"profile-{n}{unit}"),
            ["profile", ..] => Timer("profile-97hz"),
            [var one] when one.StartsWith("tick-", StringComparison.Ordinal) || one.StartsWith("profile-", StringComparison.Ordinal) => $"a timer has no 'trace' before it: {Timer(one)}",
            ["kfunc" or "fbt" or "fentry" or "f", .., var name] and not ["fentry" or "f", _] => Trace("fentry:" + Function(parts, name)),
            ["kretfunc" or "fexit" or "fr", .., var name] and not ["fexit", _] => Trace("fexit:" + Or(name, "FUNCTION")),
            ["k", _, ..] => Trace("kprobe:" + rest),
            ["kr", _, ..] => Trace("kretprobe:" + rest),
            ["u", _, ..] => Trace("uprobe:" + rest),
            ["ur", _, ..] => Trace("uretprobe:" + rest),
            ["U", _, ..] => Trace("usdt:" + rest),
            ["software", ..] => Trace("sw:" + Or(rest, "EVENT:PERIOD")),
            ["hardware", ..] => Trace("hw:" + Or(rest, "EVENT:PERIOD")),
            ["watchpoint" or "w", var address, var size, var mode] => Trace($"mem:{address}/{size}:{mode}"),
            ["syscall", _, var name, "entry" or "return"] => Trace(Syscall(name, parts[3])),
            ["syscall", ..] => Trace("syscalls:sys_enter_NAME"),
            [var dotted] when dotted.StartsWith("syscall.", StringComparison.Ordinal) && dotted.Split('.') is [_, var name, ..] words => Trace(Syscall(name, words[^1])),
            _ => null,
        };
    }

    private static string Trace(string spec) => $"write trace {spec} {{ … }}";

    private static string Timer(string timer) => $"write {timer} {{ … }}";

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    // DTrace's fbt:module:function:entry has the function before the last part.
    private static string Function(string[] parts, string last) => parts is ["fbt", _, var name, _] ? Or(name, "FUNCTION") : Or(last, "FUNCTION");

    private static string Syscall(string name, string when) => (when == "return" ? "syscalls:sys_exit_" : "syscalls:sys_enter_") + Or(name, "*");
}
