using Ktap.Compiler.Builtins;
using Ktap.Compiler.Tests.Evaluation;

namespace Ktap.Compiler.Tests.Builtins;

public class BuiltinTests
{
    /// <summary>A script for each builtin that has a body in user space, with what it prints.</summary>
    public static readonly TheoryData<string, string> Calls = new()
    {
        { "print(1, \"a\", nil) print()", "1\ta\tnil\n\n" },
        { "printf(\"%d\", 5)", "%d(5\n" },
        { "printf(\"\")", "1:1 KT0611 'printf': the format is empty" },
        { "print_hist({a = 1}) print_hist({}, 3)", "histogram of 1 slots, 20 rows\nhistogram of 0 slots, 3 rows\n" },
        { "print(len({1, 2}), len(\"abc\"))", "2\t3\n" },
        { "len(5)", "1:1 KT0611 'len': an integer has no length" },
        { "var t = {1} delete(t) print(t)", "{}\n" },
        { "delete(5)", "1:1 KT0610 argument 1 of 'delete' (t) must be a table, not an integer" },
        { "for (k, v in pairs({5})) print(k, v)", "1\t5\n" },
        { "print(pairs({}))", "1:7 KT0621 'pairs' has no value" },
        { "for (k, v in pairs(1)) {}", "1:1 KT0610 argument 1 of 'pairs' (t) must be a table, not an integer" },
        { "for (k, v in sort_pairs({1, \"a\", 3})) print(k, v)", "2\ta\n3\t3\n1\t1\n" },
        { "print(table.new(), table.new(1, 10))", "{}\t{}\n" },
        { "print(tostring(5) == \"5\", tostring(\"a\"), tostring(nil))", "true\ta\tnil\n" },
        { "print(stringof({1}))", "{[1] = 1}\n" },
        { "print(tonumber(\"12\"), tonumber(\" -0x1F \"), tonumber(\"x\"), tonumber(\"\"), tonumber(3), tonumber(nil), tonumber(\"1 2\"))", "12\t-31\tnil\tnil\t3\tnil\tnil\n" },
        { "print(tonumber(\"18446744073709551615\"), tonumber(\"18446744073709551616\"), tonumber(\"0x\"), tonumber(\"9a\"))", "-1\tnil\tnil\tnil\n" },
        { "print(strlen(\"h\\xc3\\xa9\"))", "3\n" },
        { "print(substr(\"hello\", 2), substr(\"hello\", 2, 3), substr(\"hello\", -3), substr(\"hello\", -3, 2), substr(\"hello\", 1, 99))", "ello\tell\tllo\tll\thello\n" },
        { "print(substr(\"hello\", 9) .. \"|\" .. substr(\"hello\", 0, 2) .. \"|\" .. substr(\"hello\", -9, 5) .. \"|\" .. substr(\"hello\", 2, -1))", "|h|h|\n" },
        { "print(strstr(\"hello\", \"l\"), strstr(\"hello\", \"x\"), strstr(\"hello\", \"\"))", "3\tnil\t1\n" },
        { "print(strcmp(\"a\", \"b\"), strcmp(\"b\", \"a\"), strcmp(\"a\", \"a\"))", "-1\t1\t0\n" },
        { "print(glob(\"vfs_read\", \"vfs_*\"), glob(\"vfs_read\", \"vfs\"), glob(\"a.c\", \"[ab].?\"))", "true\tfalse\ttrue\n" },
        { "print(upper(\"aZ1\"), lower(\"aZ1\"))", "AZ1\taz1\n" },
        { "print(join({1, \"b\", 3}), join({1, 2}, \", \"), join({}) == \"\")", "1b3\t1, 2\ttrue\n" },
        { "print(split(\" a  b c \"), split(\"a,,b\", \",\"), split(\"\", \",\"), split(\"\"))", "{[1] = a, [2] = b, [3] = c}\t{[1] = a, [2] = , [3] = b}\t{[1] = }\t{}\n" },
        { "split(\"a\", \"\")", "1:1 KT0611 'split': the separator is empty" },
        { "print(min(3, 1, 2), max(3, -1), max(1, 2, 3, 4))", "1\t3\t4\n" },
        { "max(1, \"2\")", "1:1 KT0610 argument 2 of 'max' (more) must be an integer, not a string" },
        { "print(ipof(4096), usym(4096))", "4096\t4096\n" },
        { "print(ksym(0x1000), ksym(0x2000))", "start\t0x2000\n" },
        { "print(kaddr(\"start\"), kaddr(\"nope\"))", "4096\tnil\n" },
        { "print(nsecs, nsecs(), elapsed) os.sleep(2) print(nsecs - elapsed)", "5000000123\t5000000123\t3000000123\n2000000000\n" },
        { "print(gettimeofday_ns(), gettimeofday_us(), gettimeofday_ms(), gettimeofday_s())", "1700000000123456789\t1700000000123456\t1700000000123\t1700000000\n" },
        { "print(strftime(\"%F %T.%f %z\", gettimeofday_ns()))", "2023-11-15 03:43:20.123456 +0530\n" },
        { "print(strftime(\"%a %b %e %j %I%p %N %% %q\", 1))", "Thu Jan  1 001 05AM 000000001 % %q\n" },
        { "print(strftime(\"%c|%D|%R|%s\", -1))", "Thu Jan  1 05:29:59 1970|01/01/70|05:29|-1\n" },
        { "print(target, num_cpus, num_cpus(), arch, kernel_v)", "4321\t3\t3\tx86_64\t6.12.7\n" },
        { "print(sizeof(\"long\"), sizeof(\"char *[3]\"), ffi.sizeof(\"u16\"))", "8\t24\t2\n" },
        { "sizeof(\"struct page\")", "1:1 KT0611 'sizeof': the size of 'struct page' is not known" },
        { "ffi.sizeof(\"unsigned unsigned x\")", "1:1 KT0611 'ffi.sizeof': in the C declaration: 'x' is one name too many for a type" },
        { "ffi.cdef(\"struct x { char a; long b; };\") print(sizeof(\"struct x\"))", "16\n" },
        { "ffi.cdef(\"struct x { char a }\")", "1:1 KT0611 'ffi.cdef': in the C declaration: expected ';', not '}'" },
        { "ffi.C.getpid()", "1:1 KT0611 'ffi.C': the kernel's functions can be called by handlers only: here user space runs" },
        { "exit(7)", "exit 7" },
        { "exit(-1)", "exit 255" },
        { "system(\"ls\")", "1:1 KT0307 'system' changes the system that is traced" },
        { "os.sleep(-1)", "1:1 KT0611 'os.sleep': the time is negative" },
        { "print(os.env(\"HOME\"), os.env(\"NOPE\"))", "/root\tnil\n" },
        { "print(net.format_ip_addr(0x0100007f), net.ntop(0x0100007f), net.ntop(2, 0x04030201))", "127.0.0.1\t127.0.0.1\t1.2.3.4\n" },
        { "print(net.ntop(\"\\x20\\x01\\x0d\\xb8\" .. \"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\x01\"), net.ntop(10, \"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"))", "2001:db8::1\t::\n" },
        { "print(net.ntop(\"\\0\\1\\0\\0\\0\\3\\0\\4\\0\\5\\0\\6\\0\\7\\0\\x08\"))", "1:0:3:4:5:6:7:8\n" },
        { "print(net.ntop(\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\xff\\xff\\x7f\\0\\0\\x01\"))", "::ffff:127.0.0.1\n" },
        { "net.ntop(10, 1)", "1:1 KT0611 'net.ntop': the address is not one of family 10" },
        { "net.ntop(\"abc\")", "1:1 KT0611 'net.ntop': the address must be an integer, or a string of 4 or 16 bytes" },
        { "print(min(3, -2, 7), max(3, -2, 7), min(5, 5)) min(nil, 1)", "-2\t7\t5\n1:48 KT0611 'min': takes two or more integers or one aggregate; the first is nil" },
        { "for (i = 1, 10) { x <<< i } print(count(x), sum(x), avg(x), min(x), max(x), stddev(x), quantile(x, 0), quantile(x, 50), quantile(x, 91), quantile(x, 100))", "10\t55\t5\t1\t10\t2\t1\t5\t10\t10\n" },
        { "print(count(nil), sum(nil), avg(nil), min(nil), max(nil), stddev(nil), quantile(nil, 99)) quantize(nil) hist(nil)", "0\t0\tnil\tnil\tnil\tnil\tnil\n" },
        { "var t = ptable() t[1] <<< 0 t[1] <<< -5 t[1] <<< 7 t[1] <<< nil quantize(t[1]) hist(t[1])", "-7..-4: 1, -3..-2: 0, -1..-1: 0, 0..0: 1, 1..1: 0, 2..3: 0, 4..7: 1\n-7..-4: 1, -3..-2: 0, -1..-1: 0, 0..0: 1, 1..1: 0, 2..3: 0, 4..7: 1\n" },
        { "for (i = 0, 99) { x <<< i } lquantize(x, 10, 2 * 10 + 5, 10) lhist(x, -5, 90, 1 << 6) lhist(nil, 0, 1, 1)",
            "-9223372036854775808..9: 10, 10..19: 10, 20..24: 5, 25..9223372036854775807: 75\n-5..58: 59, 59..89: 31, 90..9223372036854775807: 10\n" },
        { "var n = 5 x <<< 1 lquantize(x, 0, n, 1)", "1:19 KT0611 'lquantize': the samples weren't counted in these steps" },
        { "count()", "1:1 KT0611 'count': takes an aggregate, not 0 arguments" },
        { "x = 5 avg(x)", "1:7 KT0611 'avg': takes an aggregate, not an integer" },
        { "x <<< 1 quantile(x, 101)", "1:9 KT0611 'quantile': 101 is no percentage" },
        { "ansi.clear_screen() ansi.set_color(31) ansi.set_color2(32, 41) ansi.set_color3(33, 42, 1) ansi.reset_color() ansi.new_line()", "\x1b[2J\x1b[1;1H\x1b[31m\x1b[32;41m\x1b[33;42;1m\x1b[0;0m\x1b[1E" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void InUserSpace(string script, string expected) => Assert.Equal(expected, Scripts.Run(script));

    [Fact]
    public void EachThatUserSpaceHasIsExercised()
    {
        var scripts = string.Join('\n', Calls.Select(row => (string)row[0]));
        var missing = BuiltinTable.All.Where(b => !b.IsHandlerOnly && !System.Text.RegularExpressions.Regex.IsMatch(scripts, $@"(?<![\w.]){System.Text.RegularExpressions.Regex.Escape(b.Name)}\b"));
        Assert.Equal([], missing.Select(b => b.Name));
    }

    [Fact]
    public void RowsHaveParametersInOrderAndOneSentence()
    {
        foreach (var row in BuiltinTable.All)
        {
            Assert.EndsWith(".", row.Doc);
            Assert.True(!row.IsValue || row.Parameters.IsEmpty, row.Name);
            // What can be left out stands behind what can't, and the rest is last.
            Assert.Equal(row.Parameters, row.Parameters.OrderBy(p => p.IsRest ? 2 : p.IsOptional ? 1 : 0));
            Assert.True(row.Parameters.Count(p => p.IsRest) <= 1, row.Name);
        }
    }

    [Fact]
    public void TheReferencePageHasEveryRow()
    {
        var page = ReferencePage.Markdown();
        Assert.Contains("| `substr(s, start[, length])` | U K | A part of a string", page);
        Assert.Contains("| `print(values …)` |", page);
        Assert.Contains("| `pid` |", page);
        Assert.Contains("| `table.new([narr[, nrec]])` |", page);
        foreach (var row in BuiltinTable.All) Assert.Contains($"| `{ReferencePage.Signature(row)}` |", page);
    }
}
