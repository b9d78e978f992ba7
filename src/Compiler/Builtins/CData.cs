using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>C types and data, and the foreign function interface of ktap 0.4 for them.</summary>
internal static class CData
{
    public static readonly BuiltinFamily Family = new("C data",
    [
        Cast("cast", "An integer or pointer as a value of the C type: `cast(\"struct sk_buff\", p).len`. A struct stands for a pointer to it."),
        SizeOf("sizeof", "The bytes of a C type, `sizeof(\"struct page\")`."),
        new("curr_taskinfo", [Row.Int("offset"), Row.Int("bytes").Optional],
            "The unsigned integer of 1, 2, 4 (if left out) or 8 bytes at an offset in the kernel's data about the current task; `curtask` knows the members' names.")
        {
            OfType = TypeOperator.TaskBytes,
        },
        new("ffi.cdef", [Row.String("declarations")], "Declares C types and functions, for a kernel whose BTF lacks them; what the kernel has wins.")
        {
            User = (context, args) =>
            {
                Reading(() => context.Types.Declare(args[0].AsString.ToString()));
                return Value.Nil;
            },
        },
        Cast("ffi.cast", "The same as `cast`."),
        SizeOf("ffi.sizeof", "The same as `sizeof`."),
        new("ffi.new", [Row.String("type")], "A pointer to zeroed memory for a C type, until the handler ends; its members can be assigned.") { OfType = TypeOperator.New },
        new("ffi.C", [], "The kernel's functions, those that BPF programs may call (kfuncs): `ffi.C.bpf_strlen(p)`.")
        {
            IsValue = true,
            OfType = TypeOperator.Functions,
            User = (_, _) => throw new BuiltinException("the kernel's functions can be called by handlers only: here user space runs", "call it in a 'trace' or 'profile' handler"),
        },
    ]);

    private static Builtin Cast(string name, string doc) => new(name, [Row.String("type"), Row.Int("p")], doc) { OfType = TypeOperator.Cast };

    private static Builtin SizeOf(string name, string doc) => new(name, [Row.String("type")], doc)
    {
        OfType = TypeOperator.SizeOf,
        User = (context, args) =>
        {
            var size = 0;
            Reading(() =>
            {
                var type = context.Types.Parse(args[0].AsString.ToString());
                size = context.Types.SizeOf(type) ?? throw new BuiltinException($"the size of '{type}' is not known");
            });
            return Value.Int(size);
        },
    };

    private static void Reading(Action read)
    {
        try
        {
            read();
        }
        catch (FormatException e)
        {
            throw new BuiltinException(e.Message);
        }
    }
}
