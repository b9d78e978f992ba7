using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// The text of a function's event, <c>(vfs_read) file=0xffff888000123400 count=4096</c>: the program copies the index of its name, then for each field a word that is 1 where it isn't
/// nil (for those that may be), and the value.
/// </summary>
internal static class FunctionText
{
    /// <summary>The text of events of these names; fields with a mark print as hexadecimal whatever their type.</summary>
    public static EventText Of(NameSet names, bool isReturn, ulong offset, Func<IrBuilder, IrOperand> index, ImmutableArray<(ProbeField Field, bool IsHex)> fields)
    {
        var capacity = 8 + fields.Sum(f => SizeOf(f.Field.Type));
        var format = new EventTextFormat.Function(names, isReturn, offset, [.. fields.Select(f => new TextField(f.Field.Name, f.Field.Type, f.IsHex))]);
        return new EventText(format, capacity, (e, to) =>
        {
            e.Ir.Store(to, 0, index(e.Ir));
            var at = 8;
            foreach (var (field, _) in fields)
            {
                Write(e.Ir, field.Emit(e), field.Type, to, at);
                at += SizeOf(field.Type);
            }
            return capacity;
        });
    }

    private static int SizeOf(KtapType type) => type is KtapType.OptionalType o ? 8 + SizeOf(o.Inner) : Layout.SizeOf(type);

    private static void Write(IrBuilder ir, IrValue value, KtapType type, VReg to, int at)
    {
        if (type is KtapType.OptionalType optional)
        {
            ir.Store(to, at, value.Present is { } present ? present : 1L);
            (type, at) = (optional.Inner, at + 8);
        }
        if (type is not KtapType.StringType text)
        {
            ir.Store(to, at, value.Word);
            return;
        }
        for (var word = 0; word < text.Capacity; word += 8) ir.Store(to, at + word, ir.Load(value.Address, word));
    }
}
