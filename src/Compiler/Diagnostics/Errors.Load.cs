using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT05: loading and attaching.
public static partial class Errors
{
    /// <summary>KT0502: the verifier refused a line that calls a function of the kernel: the call's fault, not ktap's.</summary>
    public static Diagnostic CallRefused(SourceText source, TextSpan span, string reason) =>
        Error("KT0502", source, span, $"the kernel refuses this call: {reason}", "which functions a handler can call, and with what, depends on its events and on the kernel");

    /// <summary>KT0501: the verifier refused a handler that compiled, which is a fault of ktap.</summary>
    public static Diagnostic Refused(SourceText source, TextSpan span, string reason) =>
        Error("KT0501", source, span, $"the kernel's verifier refused the code of this line: {reason}", "this is a fault of ktap: please report the script, with what 'ktap --dump bpf' prints");
}
