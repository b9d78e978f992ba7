using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Tests.Evaluation;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>Which programs the probes of kernel functions make, where they are attached, and what their code reads.</summary>
public class KernelFunctionTests
{
    [Theory]
    [InlineData("trace probe:vfs_read { n += 1 }", "kprobe/vfs_read: vfs_read")]
    [InlineData("trace kprobe:vfs_read+0x10 { n += 1 }", "kprobe/vfs_read+0x10: vfs_read+0x10")]
    [InlineData("trace probe:vfs_read%return, kretprobe:vfs_write { n += 1 }", "kretprobe.multi: probe:vfs_read%return, kretprobe:vfs_write (vfs_read vfs_write)")]
    [InlineData("trace probe:vfs_* { n += 1 }", "kprobe.multi: probe:vfs_* (vfs_read vfs_readv vfs_write) without vfs_inline")]
    [InlineData("trace probe:vfs_read* /size == 1/ { n += 1 }", "kprobe/vfs_read: vfs_read", "kprobe/vfs_readv: vfs_readv")]
    [InlineData("trace probe:twice { n += 1 }", "kprobe.multi: probe:twice (twice twice)")]
    [InlineData("trace probe:quiet, probe:vfs_* { n += 1 }", "kprobe/quiet: quiet without vfs_inline", "kprobe.multi: probe:quiet, probe:vfs_* (vfs_read vfs_readv vfs_write)")]
    [InlineData("trace ftrace:function /ip == vfs_* && ip != \"vfs_write\"/ { n += 1 }", "kprobe.multi: ftrace:function (vfs_read vfs_readv vfs_write) without vfs_inline")]
    [InlineData("trace fentry:vfs_*, fexit:twice { n += 1 }", "fentry/vfs_read: fentry:vfs_read", "fentry/vfs_readv: fentry:vfs_readv", "fentry/vfs_write: fentry:vfs_write", "fexit/twice: fexit:twice")]
    [InlineData("trace rawtp:switch* { n += 1 }", "raw_tp: raw tracepoint switch, raw tracepoint switched")]
    [InlineData("trace rawtp:switch* { n += arg2 }", "raw_tp: raw tracepoint switch", "raw_tp: raw tracepoint switched")]
    [InlineData("trace probe:myread, probe_libc:* { n += 1 }", "kprobe: tracepoint myread", "uprobe: tracepoint probe_libc:malloc")]
    [InlineData("trace probe:mydone { n += arg1 }", "kretprobe: tracepoint mydone")]
    [InlineData("function f(e) { n += 1 } kdebug.kprobe(\"vfs_read\", f) trace probe:vfs_read! f\ntrace kprobe:vfs_read! f", "kprobe/vfs_read: vfs_read", "kretprobe/vfs_read: vfs_read%return", "kretprobe/vfs_read: vfs_read%return")]
    public void Attach(string script, params string[] expected) => Assert.Equal(expected, Sites(script, new FunctionTarget()));

    [Theory]
    [InlineData("trace probe:vfs_[rw]* { n += 1 }", "kprobe/vfs_read: vfs_read", "kprobe/vfs_readv: vfs_readv", "kprobe/vfs_write: vfs_write")]
    [InlineData("trace probe:twice { n += 1 }", "kprobe: twice, twice")]
    public void WithoutCookiesEachNameHasItsProgram(string script, params string[] expected) =>
        Assert.Equal(expected, Sites(script, new FunctionTarget(f => f with { KprobeMulti = false, PerfCookies = false })));

    [Fact]
    public void WithoutLinksForManyOneProgramIsAttachedToEach() =>
        Assert.Equal(["kprobe: vfs_read, vfs_readv, vfs_write without vfs_inline"], Sites("trace probe:vfs_* { n += 1 }", new FunctionTarget(f => f with { KprobeMulti = false })));

    [Fact]
    public void OnNewKernelsALinkForManyHasFewRegisters()
    {
        var target = new FunctionTarget(f => f with { Version = new Version(6, 18) });
        Assert.Equal(["kprobe: vfs_read, vfs_write"], Sites("trace probe:vfs_read a=%bx, probe:vfs_write a=%bx { n += 1 }", target));
        Assert.Equal(["kprobe.multi: probe:vfs_read, probe:vfs_write (vfs_read vfs_write)"], Sites("trace probe:vfs_read a=%di, probe:vfs_write a=%di { n += 1 }", target));
    }

    [Theory]
    [InlineData("trace probe:vfs_reap {}", "1:7 KT0161 the kernel has no function 'vfs_reap'", "the nearest that exist: vfs_read, vfs_readv")]
    [InlineData("trace probe:handler {}", "1:7 KT0162 'handler' can't be probed", "it handles probes")]
    [InlineData("trace probe:vfs_in* {}", "1:7 KT0162 none of the 1 functions that match 'vfs_in*' can be probed", "it is built in")]
    [InlineData("trace probe:vfs_read+x {}", "1:7 KT0160 'probe:vfs_read+x' names no function", null)]
    [InlineData("trace probe:vfs_read+8%return {}", "1:7 KT0163 the return of a function has no offset", null)]
    [InlineData("trace probe:vfs_*+8 {}", "1:7 KT0163 a pattern of functions has no offset", null)]
    [InlineData("trace fentry:vfs_read+8 {}", "1:7 KT0163 'fentry:' has no offset", null)]
    [InlineData("trace fentry:vfs_read a=%di {}", "1:7 KT0164 'fentry:' probes take no fetch arguments", null)]
    [InlineData("trace fentry:untyped {}", "1:7 KT0165 'fentry:' needs the type of 'untyped', which this kernel's type information (BTF) doesn't have", "probe:untyped needs no types")]
    [InlineData("trace ftrace:print {}", "1:7 KT0166 'ftrace:print' is not an event", null)]
    [InlineData("trace ftrace:function {}", "1:7 KT0167 'ftrace:function' needs a filter that says which functions", null)]
    [InlineData("trace ftrace:function /ip == vfs_x*/ {}", "1:7 KT0161 the kernel has no function 'vfs_x*'", null)]
    [InlineData("trace rawtp:switcher {}", "1:7 KT0168 no raw tracepoint matches 'switcher'", "the nearest that exist: switched, switch")]
    [InlineData("trace mine:sum {}", "1:7 KT0169 the kernel runs no programs on 'mine:sum'", null)]
    [InlineData("trace probe:vfs_read { print(foo) }", "1:30 KT0252 unknown field 'foo'", null)]
    [InlineData("trace probe:vfs_read a=%di { print(arg2) }", "1:36 KT0253", null)]
    [InlineData("trace probe:vfs_read { print(arg5) }", "1:30 KT0253", null)]
    [InlineData("trace probe:quiet%return { print(retval) }", "1:34 KT0252 unknown field 'retval'", null)]
    [InlineData("trace probe:vfs_read { override_return(1) }", "1:24 KT0258 this kernel doesn't let 'vfs_read' be given a return value", null)]
    [InlineData("trace probe:vfs_write%return { override_return(1) }", "1:32 KT0258 only the entry of a kernel function can be given a return value", null)]
    [InlineData("trace skb:kfree_skb { override_return(1) }", "1:23 KT0258 only the entry of a kernel function can be given a return value", null)]
    public void WhatIsWrongIsSaid(string script, string expected, string? hint)
    {
        var diagnostics = new DiagnosticBag();
        Compile(script, new FunctionTarget(), diagnostics);
        var only = Assert.Single(diagnostics, d => d.Severity == Severity.Error);
        var at = only.Source.PositionOf(only.Span.Start);
        Assert.StartsWith(expected, $"{at.Line}:{at.Column} {only.Code} {only.Message}", StringComparison.Ordinal);
        if (hint is not null) Assert.Equal(hint, only.Hint);
    }

    [Theory]
    [InlineData("trace probe:vfs_read { n = size }", @"= load u64 \[v\d+ \+ 96\]")]
    [InlineData("trace probe:vfs_write { n = size }", @"(v\d+) = load u64 \[v\d+ \+ 96\]\n +(v\d+) = shl \1, 32\n +v\d+ = shrs \2, 32")]
    [InlineData("trace probe:vfs_readv { n = file.f_flags }", @"= load u64 \[v\d+ \+ 96\]")]
    [InlineData("trace probe:vfs_read%return { n = retval }", @"= load u64 \[v\d+ \+ 80\]")]
    [InlineData("trace probe:untyped { n = arg2 }", @"= load u64 \[v\d+ \+ 104\]")]
    [InlineData("trace probe:vfs_read a=$arg7 { n = a }", @"= load u64 \[v\d+ \+ 152\]\n(?s:.*)call probe_read\(v\d+, 8, v\d+\)")]
    [InlineData("trace probe:vfs_read a=+0(%di):ustring { s[a] = 1 }", "call probe_read_user_str")]
    [InlineData("trace probe:vfs_read a=+0(%di):string { s[a] = 1 }", "call probe_read_str")]
    [InlineData("trace probe:vfs_read a=+u0(%di):u32 { n = a }", @"call probe_read_user\(v\d+, 4, v\d+\)")]
    [InlineData("trace probe_libc:malloc { n = size }", @"= load u64 \[v\d+ \+ 112\]")]
    [InlineData("trace probe:vfs_read { n = arg0 }", "call get_func_ip")]
    [InlineData("trace probe:vfs_read+8 { n = arg0 }", "4104")]
    [InlineData("trace fentry:vfs_read { n = size }", @"= load u64 \[v\d+ \+ 16\]")]
    [InlineData("trace fexit:vfs_read { n = retval }", @"= load u64 \[v\d+ \+ 32\]")]
    [InlineData("trace fexit:vfs_read { n = arg5 }", @"= load u64 \[v\d+ \+ 32\]")]
    [InlineData("trace fentry:vfs_readv { n = file.f_flags }", "call probe_read_kernel")]
    [InlineData("trace rawtp:switch { n = arg2 }", @"(v\d+) = load u64 \[v\d+ \+ 8\]\n +(v\d+) = shl \1, 32\n +v\d+ = shrs \2, 32")]
    [InlineData("trace probe:vfs_* { s[probename] += 1 }", "call get_attach_cookie")]
    [InlineData("trace probe:vfs_write { override_return(-12) }", @"call override_return\(v\d+, (-12|v\d+)\)")]
    [InlineData("trace probe:vfs_write function (e) { e.set_retval(-12) }", @"call override_return\(v\d+, (-12|v\d+)\)")]
    public void Read(string script, string pattern)
    {
        var diagnostics = new DiagnosticBag();
        var compiled = Compile(script, new FunctionTarget(), diagnostics);
        Assert.Equal("", string.Join('\n', diagnostics));
        Assert.Matches(pattern, string.Concat(compiled!.Program.Module.Programs.Select(p => IrPrinter.Print(Optimizer.Optimize(p.Function)))));
    }

    [Fact]
    public void WithoutBtfParametersAreWords()
    {
        var diagnostics = new DiagnosticBag();
        Assert.NotNull(Compile("trace probe:vfs_read { n = arg6 }", new FunctionTarget(hasBtf: false), diagnostics));
        Assert.Null(Compile("trace fentry:vfs_read {}", new FunctionTarget(hasBtf: false), diagnostics));
        Assert.Equal("the kernel was built without CONFIG_DEBUG_INFO_BTF; 'probe:' works without", Assert.Single(diagnostics).Hint);
    }

    [Fact]
    public void WithoutTheHelperNoFunctionCanBeReplaced()
    {
        var diagnostics = new DiagnosticBag();
        Compile("trace probe:vfs_write { override_return(1) }", new FunctionTarget(f => f with { OverrideReturn = false }), diagnostics);
        Assert.Equal("this kernel lets no function be given a return value", Assert.Single(diagnostics).Message);
    }

    private static string[] Sites(string script, Target target)
    {
        var diagnostics = new DiagnosticBag();
        var compiled = Compile(script, target, diagnostics);
        Assert.Equal("", string.Join('\n', diagnostics.Where(d => d.Severity == Severity.Error)));
        return [.. compiled!.Program.Programs.Select(p => $"{p.Handler.Site.Section}: {string.Join(", ", p.AttachPoints.Select(Show))}{LeftOut(p.Handler.Site)}")];
    }

    private static string LeftOut(ProbeSite site) => site.LeftOut.IsEmpty ? "" : " without " + string.Join(' ', site.LeftOut.Select(f => f.Name));

    private static string Show(AttachPoint point) => point is AttachPoint.KprobeMulti m ? $"{m.Description} ({string.Join(' ', m.Functions.Select(f => f.Function))})" : point.Description.Replace("probe:", "", StringComparison.Ordinal);

    private static CompiledScript? Compile(string script, Target target, DiagnosticBag diagnostics)
    {
        var main = Scripts.RunMain(script);
        var types = new CTypes(() => target);
        var options = new CompileOptions(new ProbeOptions(null, 64, types) { Unsafe = true }, new CodeOptions(256, 0, [], null, false, 10_000_000, false), KeepCoreRelocations: false);
        return Compilation.Compile(main, target, options, diagnostics);
    }
}
