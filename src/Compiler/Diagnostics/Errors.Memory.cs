using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT027n: C types and what is behind pointers.
public static partial class Errors
{
    private const int MostMembers = 8;

    /// <summary>KT0270: a member of something that has none.</summary>
    public static Diagnostic NoMembers(SourceText source, TextSpan span, string member, string of, string hint) =>
        Error("KT0270", source, span, $"{of} has no member '{member}'", hint);

    /// <summary>KT0271: a member that a struct doesn't have.</summary>
    public static Diagnostic NoSuchMember(SourceText source, TextSpan span, string type, string member, IReadOnlyCollection<string> members)
    {
        var near = Nearest(member, members, MostMembers);
        var parts = members.Where(m => m.Contains(member, StringComparison.Ordinal) || (m.Length > 2 && member.Contains(m, StringComparison.Ordinal)));
        var shown = near.Concat(parts).Concat(near.Count == 0 ? members : []).Distinct().Take(MostMembers).ToArray();
        return Error("KT0271", source, span, $"'{type}' has no member '{member}'{DidYouMean(member, members)}",
            shown.Length == 0 ? null : $"{(shown.Length == members.Count ? "it has" : "it has, among others,")} {string.Join(", ", shown)}");
    }

    /// <summary>KT0272: a C type that nothing declares.</summary>
    public static Diagnostic UnknownCType(SourceText source, TextSpan span, string type, IReadOnlyCollection<string> known) =>
        Error("KT0272", source, span, $"the type '{type}' is not known{DidYouMean(type, known)}", "the kernel's BTF has the types of the kernel itself; ffi.cdef declares others");

    /// <summary>KT0273: a C type, where the kernel has no BTF.</summary>
    public static Diagnostic NoBtf(SourceText source, TextSpan span, string type) =>
        Error("KT0273", source, span, $"what is in '{type}' is not known: this kernel has no BTF", "a kernel built with CONFIG_DEBUG_INFO_BTF has /sys/kernel/btf/vmlinux; or declare the type: ffi.cdef(\"struct …\")");

    /// <summary>KT0275: a type of the script that the kernel has too.</summary>
    public static Diagnostic KernelTypeWins(SourceText source, TextSpan span, string type) =>
        new("KT0275", Severity.Note, source, span, $"'{type}' is the kernel's own, not the one that ffi.cdef declares");

    /// <summary>KT0276: assigning to memory that isn't the handler's.</summary>
    public static Diagnostic MemberNotAssignable(SourceText source, TextSpan span, string member) =>
        Error("KT0276", source, span, $"'{member}' can't be assigned: a handler can't write the kernel's memory, nor a process's", "what ffi.new makes can be written: its integers and pointers, one by one");

    /// <summary>KT0277: a function that BPF can't call.</summary>
    public static Diagnostic NotCallableByHandlers(SourceText source, TextSpan span, string function, bool exists, IReadOnlyCollection<string> callable) =>
        Error("KT0277", source, span, exists ? $"the kernel lets no handler call '{function}'" : $"the kernel has no function '{function}'{DidYouMean(function, callable)}",
            callable.Count == 0 ? "handlers can call those functions that the kernel offers to BPF (kfuncs), since Linux 5.13"
                : $"it offers {callable.Count} functions to BPF (kfuncs){(Nearest(function, callable, 3) is { Count: > 0 } near ? $", such as {string.Join(", ", near)}" : "")}");

    /// <summary>KT0274: a C type of which the language has no values.</summary>
    public static Diagnostic NoValueOf(SourceText source, TextSpan span, string type) =>
        Error("KT0274", source, span, $"there are no values of the type '{type}'", "say what is there: cast(\"u64 *\", p)[0]");
}
