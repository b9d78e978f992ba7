using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for addresses and what is there.</summary>
internal static class Memory
{
    public static readonly BuiltinFamily Family = new("Memory and symbols",
    [
        new("user_string", [Row.Int("p"), Row.Int("n").Optional], "The string at an address of the traced process, up to a NUL or `n` bytes."),
        new("kernel_string", [Row.Int("p"), Row.Int("n").Optional], "The string at an address of the kernel, up to a NUL or `n` bytes."),
        new("ipof", [Row.Int("p")], "An address of kernel code, which prints as its symbol.") { User = (_, args) => Value.Int(args[0].AsInt, IntFormat.Kernel) },
        new("ksym", [Row.Int("p")], "The symbol of an address of the kernel, `name+0x1c`.")
        {
            User = (context, args) => Value.String(context.World.KernelSymbol((ulong)args[0].AsInt)),
        },
        new("usym", [Row.Int("p")], "An address in a traced process, which prints as such.") { User = (_, args) => Value.Int(args[0].AsInt, IntFormat.User) },
        new("kaddr", [Row.String("name")], "The address of a kernel symbol; nil where there is none.")
        {
            User = (context, args) => context.World.Target.SymbolAddress(args[0].AsString.ToString()) is { } address
                ? Value.Int((long)address, IntFormat.Kernel) : Value.Nil,
        },
    ]);
}
