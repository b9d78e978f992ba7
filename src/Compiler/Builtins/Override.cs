using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Builtins;

/// <summary><c>override_return(n)</c>, which <c>e.set_retval(n)</c> is too: a kernel function isn't run, and returns a value.</summary>
internal static class Override
{
    /// <summary>The row.</summary>
    public static readonly Builtin Row = new("override_return", [Builtins.Row.Int("value")], "Makes the kernel function that is about to run return this value instead; needs `--unsafe`, and a function that the kernel lets fail.")
    {
        IsUnsafe = true,
        Kernel = new KernelBody(
            (site, _) => site.OverrideRefusal is { } why ? throw new BuiltinException(why, Hint(site)) : KtapType.Nil,
            (context, args) =>
            {
                context.Ir.CallVoid(BpfHelper.OverrideReturn, context.Ir.Context(), args[0].Word);
                return IrValue.Nil;
            }),
    };

    // Functions that kernels with error injection have had since there is the helper (4.16).
    private static string Hint(ProbeSite site) => site.Target.Features.OverrideReturn
        ? "those that it lets fail are in /sys/kernel/debug/error_injection/list; one is should_failslab: trace probe:should_failslab { override_return(-12) }"
        : "it needs CONFIG_BPF_KPROBE_OVERRIDE=y and CONFIG_FUNCTION_ERROR_INJECTION=y; then, for instance, trace probe:should_failslab { override_return(-12) }";
}
