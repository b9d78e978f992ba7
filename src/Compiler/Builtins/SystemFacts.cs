using Ktap.Compiler.Bpf;
using Ktap.Compiler.Types;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>The machine, the traced process and ktap itself.</summary>
internal static class SystemFacts
{
    public static readonly BuiltinFamily Family = new("The system",
    [
        new("exit", [Row.Int("code").Optional], "Ends tracing; `trace_end` handlers still run. The code (0), modulo 256, becomes ktap's exit status.")
        {
            User = (_, args) => throw new ExitException((int)(args[0].AsInt & 255)),
            Kernel = new KernelBody((_, _) => KtapType.Nil, (context, args) =>
            {
                context.RequestExit(args.Length == 0 || args[0].Type is KtapType.NilType ? 0
                    : args[0].Present is { } present ? context.Ir.Binary(IrBinary.Mul, args[0].Word, present) : args[0].Word);
                return IrValue.Nil;
            }),
        },
        new("target", [], "The process id of `-- CMD` or `-p`, or 0.") { IsValue = true, Constant = site => Value.Int(site.Options.TargetPid), User = (context, _) => Value.Int(context.World.TargetPid) },
        new("num_cpus", [], "The number of processors.") { IsValue = true, Constant = site => Value.Int(site.Target.Features.PossibleCpus), User = (context, _) => Value.Int(context.World.Target.Features.PossibleCpus) },
        new("arch", [], "The processor's architecture, `x86_64`.") { IsValue = true, Constant = site => Value.String(site.Target.Architecture.Name), User = (context, _) => Value.String(context.World.Target.Architecture.Name) },
        new("kernel_v", [], "The kernel's release, as `uname -r` prints it.") { IsValue = true, Constant = site => Value.String(site.Target.Features.Release), User = (context, _) => Value.String(context.World.Target.Features.Release) },
        new("send_signal", [Row.Int("signal")], "Sends a signal to the process that the handler interrupted; needs `--unsafe`.") { IsUnsafe = true, Kernel = SendSignal },
        Override.Row,
        new("system", [Row.String("command")], "Runs a command by `/bin/sh -c`, waits for it, and gives its exit status; needs `--unsafe`.")
        {
            IsUnsafe = true,
            Prints = true,
            Deferred = true,
            User = (context, args) => Value.Int(context.World.System(args[0].AsString)),
        },
        new("os.sleep", [Row.Int("ms")], "Waits so many milliseconds.")
        {
            User = (context, args) =>
            {
                if (args[0].AsInt < 0) throw new BuiltinException("the time is negative");
                context.World.Sleep(TimeSpan.FromMilliseconds(Math.Min(args[0].AsInt, int.MaxValue)));
                return Value.Nil;
            },
        },
        new("os.env", [Row.String("name")], "An environment variable; nil where it is not set.")
        {
            User = (context, args) => context.World.Environment(args[0].AsString.ToString()) is { } value ? Value.String(value) : Value.Nil,
        },
    ]);

    // bpf_send_signal sends to the process, from an interrupt by way of another one (Linux 5.3).
    private static KernelBody SendSignal => new((_, _) => KtapType.Nil, (context, args) =>
    {
        var ir = context.Ir;
        var (failed, done) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.LtS, ir.Call(BpfHelper.SendSignal, CallEffect.Any, args[0].Word), 0, failed, done);
        ir.Start(failed);
        context.Emitter.CountError(HandlerError.SignalRefused);
        ir.Start(done);
        return IrValue.Nil;
    });
}
