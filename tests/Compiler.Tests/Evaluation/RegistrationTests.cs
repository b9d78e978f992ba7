using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Evaluation;

public class RegistrationTests
{
    [Fact]
    public void InTheOrderInWhichTheyAreReached()
    {
        var main = Scripts.RunMain("""
            for (i = 1, 2) { trace "sched:" .. (i == 1 ? "sched_switch" : "sched_wakeup") { s[i] += 1 } }
            trace a:b, c:d x=%di /pid == 1/ { n++ }
            if (nil) { trace e:f {} }
            tick-5s { print(s) }
            profile-10ms { s[1] += 1 }
            profile-97hz { s[2] += 1 }
            trace_end { print("end") }
            timer.ms(1 + 2, function() {})
            """);
        Assert.Equal(
            [
                "probe sched:sched_switch filter: False", "probe sched:sched_wakeup filter: False", "probe a:b c:d(x=%di) filter: True",
                "tick 5000000000", "profile 10000000", "profile 97hz", "end", "tick 3000000",
            ],
            main.Registrations.Select(r => r switch
            {
                Registration.Probe p => $"probe {string.Join(' ', p.Events.Select(e => e.Text + (e.FetchArguments == "" ? "" : $"({e.FetchArguments})")))} filter: {p.Filter is not null}",
                Registration.Tick t => $"tick {t.PeriodNanoseconds}",
                Registration.Profile { Hertz: { } hertz } => $"profile {hertz}hz",
                Registration.Profile p => $"profile {p.PeriodNanoseconds}",
                _ => "end",
            }));
        // Each handler of the loop has a cell of its own.
        Assert.Equal([1, 2], main.Registrations.Take(2).Select(r => ((Closure)((Registration.Probe)r).Handler).Captures[0].Value.AsInt));
        Assert.Equal(["arg", "s", "n"], main.Globals.Select(g => g.Name));
        Assert.Equal(ValueKind.Table, main.Globals[1].Value.Kind);
        Assert.Equal("s", main.Globals[1].Value.AsTable.Name);
        Assert.True(main.Globals[2].Value.IsNil);
    }

    [Fact]
    public void TheOldSpellingsRegisterToo()
    {
        var main = Scripts.RunMain("""
            hist = {}

            function eventfun (e) {
                if (e.sc_is_enter) {
                    inplace_inc(hist, e.name)
                }
                printf("%d %d\t%s\t%s", cpu(), pid(), execname(), e.tostring())
            }

            kdebug.probe("tp:syscalls", eventfun)

            kdebug.probe_end(function () {
                histogram(hist)
            })
            """);
        var probe = (Registration.Probe)main.Registrations[0];
        Assert.Equal(("syscalls:*", "eventfun"), (probe.Events[0].Text, probe.Handler.Name));
        Assert.Equal(["arg", "hist", "eventfun"], main.Globals.Select(g => g.Name));
        Assert.All(main.Script.Globals, g => Assert.False(g.IsAssignedLater));
        Assert.IsType<Registration.TraceEnd>(main.Registrations[1]);
    }

    [Fact]
    public void AFilterInAComputedSpecSeesGlobalsAndFields()
    {
        var main = Scripts.RunMain("limit = 3 var spec = \"sched:sched_switch /prev_pid > limit && prev_comm == foo/\" trace (spec) { n++ }");
        var probe = (Registration.Probe)main.Registrations[0];
        Assert.Equal("sched:sched_switch", probe.Events[0].Text);
        var both = (BoundBinary)((BoundReturn)probe.Filter!.Function.Body.Statements[0]).Values[0];
        Assert.Same(main.Script.Globals.Single(g => g.Name == "limit"), ((BoundGlobal)((BoundBinary)both.Left).Right).Variable);
        Assert.Equal("foo", ((BoundPattern)((BoundBinary)both.Right).Right).Pattern);
    }

    [Theory]
    [InlineData("var f = 5\ntrace a:b f", "2:11 KT0614 the handler is an integer, not a function")]
    [InlineData("var f\ntrace a:b f", "2:11 KT0614 the handler is nil, not a function")]
    [InlineData("trace (1) {}", "1:8 KT0615 the event is an integer, not a string")]
    [InlineData("timer.s(0, function() {})", "1:1 KT0616 a timer needs an integer from 1 up, not 0")]
    [InlineData("timer.s(\"1\", function() {})", "1:1 KT0616 a timer needs an integer from 1 up, not string")]
    [InlineData("function f() { print(pid) }\nf()", "1:22 KT0619 'pid' belongs to an event, and here user space runs")]
    [InlineData("function f(t) { return bites }\nvar t = {} bytes = 1\nf(t)", "1:24 KT0619 'bites' belongs to an event, and here user space runs; did you mean 'bytes'?")]
    [InlineData("function f(t) { return args.pid }\nf()", "1:24 KT0619 'args.pid' belongs to an event, and here user space runs")]
    public void Fails(string script, string expected) => Assert.Equal(expected, Scripts.Run(script));

    [Fact]
    public void AfterMainNothingIsRegistered()
    {
        var evaluator = Scripts.Evaluator("function f() { trace a:b {} } tick-1s { f() }", new FakeWorld());
        var tick = (Registration.Tick)evaluator.RunMain().Registrations[0];
        var error = Assert.Throws<ScriptException>(() => evaluator.Call(tick.Handler));
        Assert.Equal("1:16 KT0613 'trace' was reached after the main stage, which alone can register handlers", Scripts.Short(error.Diagnostic));
    }

    [Fact]
    public void SharedStoresAreUpdatedInOneStepAndMayRefuse()
    {
        var evaluator = Scripts.Evaluator("n = 1 t = {} tick-1s { n += 2 t[1] += 5 }\ntick-1s { t[1] = {} }\ntick-1s { n = {} }", new FakeWorld());
        var main = evaluator.RunMain();
        var (cells, slots) = (new PickyCell(), new PickyTable());
        main.Globals[1].MoveTo(cells);
        main.Globals[2].Value.AsTable.MoveTo(slots);
        evaluator.Call(((Registration.Tick)main.Registrations[0]).Handler);
        Assert.Equal(("update + 2 2", "update 1 + 5 5"), (cells.Log, slots.Log));
        foreach (var (index, expected) in new[] { (1, "2:11 KT0612 no tables here"), (2, "3:11 KT0612 no tables here") })
        {
            var error = Assert.Throws<ScriptException>(() => evaluator.Call(((Registration.Tick)main.Registrations[index]).Handler));
            Assert.Equal(expected, Scripts.Short(error.Diagnostic));
        }
    }

    private sealed class PickyCell : CellStore
    {
        public string Log { get; private set; } = "";

        public override Value Get() => Value.Nil;

        public override void Set(Value value) => throw new StoreException("no tables here");

        public override void Update(Change change) => Log += $"update {change.Operator} {change.Added} {change.Apply(Value.Nil)}";
    }

    private sealed class PickyTable : TableStore
    {
        public string Log { get; private set; } = "";

        public override long Count => 0;

        public override Value Get(Value key) => Value.Nil;

        public override void Set(Value key, Value value) => throw new StoreException("no tables here");

        public override void Update(Value key, Change change) => Log += $"update {key} {change.Operator} {change.Added} {change.Apply(Value.Nil)}";

        public override void Clear() => Log += "clear";

        public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot() => [];
    }
}
