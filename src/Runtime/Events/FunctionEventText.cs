using System.Globalization;
using System.Text;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Events;

/// <summary>The text of a function's event as the kernel's trace file has it: <c>(do_sys_openat2) dfd=0xffffff9c filename="/etc/passwd"</c>.</summary>
internal static class FunctionEventText
{
    /// <summary>From the index of the name and the values of the fields.</summary>
    public static string Of(EventTextFormat.Function format, int name, IReadOnlyList<Value> values, KernelSymbols symbols)
    {
        var text = new StringBuilder("(").Append(format.IsReturn ? "<- " : "").Append(format.Names.Names[name]);
        if (format.Offset > 0) text.Append(CultureInfo.InvariantCulture, $"+0x{format.Offset:x}");
        text.Append(')');
        for (var i = 0; i < values.Count; i++) text.Append(' ').Append(format.Fields[i].Name).Append('=').Append(Shown(format.Fields[i], values[i], symbols));
        return text.ToString();
    }

    private static string Shown(TextField field, Value value, KernelSymbols symbols) => value.Kind switch
    {
        ValueKind.Nil => "(fault)",
        ValueKind.String => $"\"{value.AsString}\"",
        _ when field.IsHex || field.Type.NotNil is KtapType.PointerType || value.Format is IntFormat.Hexadecimal or IntFormat.UserAddress => string.Create(CultureInfo.InvariantCulture, $"0x{value.AsInt:x}"),
        _ when value.Format is IntFormat.KernelAddress => symbols.Describe((ulong)value.AsInt),
        _ when value.Format is IntFormat.Unsigned => ((ulong)value.AsInt).ToString(CultureInfo.InvariantCulture),
        _ when value.Format is IntFormat.Character => $"'{(char)(value.AsInt & 0xff)}'",
        _ => value.AsInt.ToString(CultureInfo.InvariantCulture),
    };
}
