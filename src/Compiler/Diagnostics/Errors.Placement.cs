using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT03: something that can't stand where it stands.
public static partial class Errors
{
    /// <summary>A registration written inside a handler.</summary>
    public static Diagnostic RegisteredInHandler(SourceText source, TextSpan span, string what) =>
        Error("KT0301", source, span, $"'{what}' inside a handler: handlers are registered in the main stage only", "move it out of the handler; test there whether there is something to do");

    /// <summary><c>break</c> or <c>continue</c> outside of a loop.</summary>
    public static Diagnostic OutsideLoop(SourceText source, TextSpan span, string what) =>
        Error("KT0302", source, span, $"'{what}' outside a loop");

    /// <summary>Something that only exists while an event is handled, where there is none.</summary>
    public static Diagnostic HandlerOnly(SourceText source, TextSpan span, string name) =>
        Error("KT0304", source, span, $"'{name}' belongs to an event: it exists only in 'trace' and 'profile' handlers", "keep it in a variable or table in the handler, and use that here");

    /// <summary>A table in a handler after a call that user space will make to empty it.</summary>
    public static Diagnostic UsedAfterDeferredDelete(SourceText source, TextSpan span, string? table) =>
        Error("KT0306", source, span, $"{(table is null ? "a table" : $"'{table}'")} is used after its 'delete': user space makes that call after the handler has ended", "use the table before it, or empty it in a tick");

    /// <summary>A builtin that changes the system, without leave.</summary>
    public static Diagnostic NeedsUnsafe(SourceText source, TextSpan span, string name) =>
        Error("KT0307", source, span, $"'{name}' changes the system that is traced", "allow it with --unsafe");

    /// <summary>Something after <c>in</c> that can't be iterated over.</summary>
    public static Diagnostic NotAnIterator(SourceText source, TextSpan span, IEnumerable<string> iterators) =>
        Error("KT0305", source, span, $"'for … in' needs a call of {string.Join(" or ", iterators)}", "write 'for (k, v in pairs(t))'");
}
