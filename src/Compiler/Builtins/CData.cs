using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>C types and data, and the foreign function interface of ktap 0.4 for them.</summary>
internal static class CData
{
    public static readonly BuiltinFamily Family = new("C data",
    [
        Cast("cast", "An integer or pointer as a value of the C type: `cast(\"struct sk_buff\", p).len`. A struct stands for a pointer to it."),
        SizeOf("sizeof", "The bytes of a C type, `sizeof(\"struct page\")`."),
        Cast("ffi.cast", "The same as `cast`."),
        SizeOf("ffi.sizeof", "The same as `sizeof`."),
    ]);

    private static Builtin Cast(string name, string doc) => new(name, [Row.String("type"), Row.Int("p")], doc) { OfType = TypeOperator.Cast };

    private static Builtin SizeOf(string name, string doc) => new(name, [Row.String("type")], doc)
    {
        OfType = TypeOperator.SizeOf,
        User = (context, args) =>
        {
            var text = args[0].AsString.ToString();
            try
            {
                var type = context.Types.Parse(text);
                return context.Types.SizeOf(type) is { } size ? Value.Int(size) : throw new BuiltinException($"the size of '{type}' is not known");
            }
            catch (FormatException e)
            {
                throw new BuiltinException(e.Message);
            }
        },
    };
}
