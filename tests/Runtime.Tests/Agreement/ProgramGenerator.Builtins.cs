namespace Ktap.Runtime.Tests.Agreement;

// Calls of builtins that handlers have: one entry for each.
internal sealed partial class ProgramGenerator
{
    // What changes by itself is only asked for what stays.
    private static readonly (string Name, Kind Result, Func<ProgramGenerator, Scope, int, Code> Make)[] Builtins =
    [
        ("tostring", Kind.Text, (g, s, d) => Code.Raw($"tostring({g.Expression(s, g.Chance(2) ? Kind.Int : Kind.Text, d)})")),
        ("stringof", Kind.Text, (g, s, d) => Code.Raw($"stringof({g.Expression(s, Kind.Int, d)})")),
        ("strlen", Kind.Int, (g, s, d) => Code.Raw($"strlen({g.Expression(s, Kind.Text, d)})")),
        ("len", Kind.Int, (g, s, d) => Code.Raw($"len({g.Expression(s, Kind.Text, d)})")),
        ("substr", Kind.Text, (g, s, d) => Code.Raw($"substr({g.Expression(s, Kind.Text, d)}, {g.Place(s)}{(g.Chance(3) ? Code.Raw("") : Code.Raw($", {g.Place(s)}"))})")),
        ("strstr", Kind.Int.OrNil, (g, s, d) => Code.Raw($"strstr({g.Expression(s, Kind.Text, d)}, {g.Choose("\"a\"", "\"b\"", "\"key\"", "\"gh\"", "\"\"", "\"hi\"")})")),
        ("strcmp", Kind.Int, (g, s, d) => Code.Raw($"strcmp({g.Expression(s, Kind.Text, d)}, {g.Expression(s, Kind.Text, d)})")),
        ("glob", Kind.Bool, (g, s, d) => Code.Raw($"glob({g.Expression(s, Kind.Text, d)}, {g.Choose("\"a*\"", "\"*h*\"", "\"?b*\"", "\"\"", "\"a longer*\"", "\"*key?\"", "\"abc\"")})")),
        ("upper", Kind.Text, (g, s, d) => Code.Raw($"upper({g.Expression(s, Kind.Text, d)})")),
        ("lower", Kind.Text, (g, s, d) => Code.Raw($"lower({g.Expression(s, Kind.Text, d)})")),
        ("min", Kind.Int, (g, s, d) => Code.Raw($"min({g.Operands(s, d)})")),
        ("max", Kind.Int, (g, s, d) => Code.Raw($"max({g.Operands(s, d)})")),
        ("net.format_ip_addr", Kind.Text, (g, s, d) => Code.Raw($"net.format_ip_addr({g.Expression(s, Kind.Int, d)})")),
        ("net.ntop", Kind.Text, (g, s, d) => Code.Raw($"net.ntop({g.Choose("", "2, ")}{g.Expression(s, Kind.Int, d)})")),
        ("ipof", Kind.Int, (g, s, d) => Code.Raw($"(ipof({g.Expression(s, Kind.Int, d)}) + 0)")),
        ("usym", Kind.Int, (g, s, d) => Code.Raw($"(usym({g.Expression(s, Kind.Int, d)}) + 0)")),
        ("ksym", Kind.Bool, (g, _, _) => Code.Raw($"(ksym({g.Choose("`vfs_read`", "`vfs_read`")}) == nil)")),
        ("kaddr", Kind.Bool, (g, _, _) => Code.Raw($"(kaddr(\"vfs_read\") == {g.Choose("`vfs_read`", "0")})")),
        ("user_string", Kind.Text.OrNil, (g, _, _) => Code.Raw($"user_string(user_text, {g._random.Next(0, 30)})")),
        ("pid", Kind.Int, (_, _, _) => Code.Raw("pid")),
        ("tid", Kind.Int, (_, _, _) => Code.Raw("tid")),
        ("ppid", Kind.Int, (_, _, _) => Code.Raw("ppid")),
        ("uid", Kind.Int, (_, _, _) => Code.Raw("uid")),
        ("gid", Kind.Int, (_, _, _) => Code.Raw("gid")),
        ("execname", Kind.Text, (_, _, _) => Code.Raw("execname")),
        ("comm", Kind.Text, (_, _, _) => Code.Raw("comm")),
        ("probename", Kind.Text, (_, _, _) => Code.Raw("probename")),
        ("argname", Kind.Text, (_, _, _) => Code.Raw("argname")),
        ("probegroup", Kind.Text, (_, _, _) => Code.Raw("probegroup")),
        ("cpu", Kind.Bool, (_, _, _) => Code.Raw("(cpu >= 0)")),
        ("numa_node", Kind.Bool, (_, _, _) => Code.Raw("(numa_node >= 0)")),
        ("cgroup", Kind.Bool, (_, _, _) => Code.Raw("(cgroup > 0)")),
        ("in_iowait", Kind.Int, (_, _, _) => Code.Raw("in_iowait")),
        ("nsecs", Kind.Bool, (_, _, _) => Code.Raw("(nsecs > 1000)")),
        ("elapsed", Kind.Bool, (_, _, _) => Code.Raw("(elapsed >= 0)")),
        ("gettimeofday_ns", Kind.Bool, (_, _, _) => Code.Raw("(gettimeofday_ns() > 1600000000000000000)")),
        ("gettimeofday_us", Kind.Bool, (_, _, _) => Code.Raw("(gettimeofday_us() > 1600000000000000)")),
        ("gettimeofday_ms", Kind.Bool, (_, _, _) => Code.Raw("(gettimeofday_ms() > 1600000000000)")),
        ("gettimeofday_s", Kind.Bool, (_, _, _) => Code.Raw("(gettimeofday_s() > 1600000000)")),
    ];

    private Code? BuiltinCall(Scope scope, Kind kind, int depth)
    {
        var fitting = Builtins.Where(b => b.Result.Fits(kind)).ToArray();
        if (fitting.Length == 0) return null;
        var (_, result, make) = fitting[_random.Next(fitting.Length)];
        return Code.Of(result, $"{make(this, scope, Math.Min(depth, 2))}");
    }

    // A place in a string, or a length.
    private Code Place(Scope scope) => Chance(3) ? Expression(scope, Kind.Int, 1) : Code.Of(Kind.Int, Choose("0", "1", "2", "3", "8", "9", "(-1)", "(-2)", "(-9)"));

    private Code Operands(Scope scope, int depth) => Code.Join(", ", [.. Enumerable.Range(0, _random.Next(2, 5)).Select(_ => Expression(scope, Kind.Int, depth))]);
}
