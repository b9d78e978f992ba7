using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Btf;

/// <summary>Prints types: all of them as <c>bpftool btf dump … format raw</c> does (<c>--dump btf</c>), or one as C.</summary>
public static class BtfPrinter
{
    /// <summary>One line a type, and one a member, parameter, value or variable; a module's own types only.</summary>
    public static string Print(BtfReader types)
    {
        var text = new StringBuilder();
        for (var id = types.FirstId; id < types.TypeCount; id++) PrintRaw(types, id, text);
        return text.ToString();
    }

    /// <summary>
    /// A type as C writes it: <c>struct sk_buff *</c>, <c>const char *</c>, <c>int[4]</c>, <c>void (*)(int)</c>; a struct without a
    /// name is <c>struct {...}</c>.
    /// </summary>
    public static string TypeName(BtfReader types, int id) => Declare(types, id, "").TrimEnd();

    /// <summary>A variable, member or parameter as C declares it: <c>char comm[16]</c>.</summary>
    public static string Declare(BtfReader types, int id, string name)
    {
        switch (types.Kind(id))
        {
            case BtfKind.Void: return $"void {name}";
            case BtfKind.Pointer:
                var target = types.Target(id);
                var inner = types.Kind(types.WithoutQualifiers(target)) is BtfKind.Array or BtfKind.FunctionPrototype ? $"(*{name})" : $"*{name}";
                return Declare(types, target, inner);
            case BtfKind.Array: return Declare(types, types.ArrayElement(id), $"{name}[{types.ArrayLength(id)}]");
            case BtfKind.FunctionPrototype:
                return Declare(types, types.Target(id), $"{name}({string.Join(", ", types.Parameters(id).Select(p => Parameter(types, p)))})");
            case BtfKind.Function: return Declare(types, types.Target(id), types.Name(id));
            case BtfKind.Variable: return Declare(types, types.Target(id), types.Name(id));
            case BtfKind.Const: return Qualified(types, id, "const", name);
            case BtfKind.Volatile: return Qualified(types, id, "volatile", name);
            case BtfKind.Restrict: return Qualified(types, id, "restrict", name);
            case BtfKind.TypeTag: return Declare(types, types.Target(id), name);
            case BtfKind.Struct: return $"struct {NameOf(types, id)} {name}";
            case BtfKind.Union: return $"union {NameOf(types, id)} {name}";
            case BtfKind.Forward: return $"{(types.IsForwardUnion(id) ? "union" : "struct")} {types.Name(id)} {name}";
            case BtfKind.Enum or BtfKind.Enum64: return $"enum {NameOf(types, id)} {name}";
            default: return $"{types.Name(id)} {name}";
        }
    }

    private static string NameOf(BtfReader types, int id) => types.NameBytes(id).IsEmpty ? "{...}" : types.Name(id);

    private static string Parameter(BtfReader types, BtfParameter parameter) =>
        parameter is { TypeId: 0, Name: "" } ? "..." : Declare(types, parameter.TypeId, parameter.Name).TrimEnd();

    // What qualifies a pointer stands behind its star, else before the type.
    private static string Qualified(BtfReader types, int id, string qualifier, string name)
    {
        var target = types.Target(id);
        return types.Kind(target) == BtfKind.Pointer ? Declare(types, target, $"{qualifier} {name}") : $"{qualifier} {Declare(types, target, name)}";
    }

    private static void PrintRaw(BtfReader types, int id, StringBuilder text)
    {
        var kind = types.Kind(id);
        var name = types.NameBytes(id).IsEmpty ? "(anon)" : types.Name(id);
        text.Append(CultureInfo.InvariantCulture, $"[{id}] {KindNames[(int)kind]} '{name}'");
        switch (kind)
        {
            case BtfKind.Int:
                var encoding = types.IntEncoding(id) switch { BtfEncoding.Signed => "SIGNED", BtfEncoding.Char => "CHAR", BtfEncoding.Bool => "BOOL", _ => "(none)" };
                text.Append(CultureInfo.InvariantCulture, $" size={types.SizeOf(id)} bits_offset=0 nr_bits={types.BitCount(id)} encoding={encoding}");
                break;
            case BtfKind.Array:
                text.Append(CultureInfo.InvariantCulture, $" type_id={types.ArrayElement(id)} index_type_id={types.ArrayIndex(id)} nr_elems={types.ArrayLength(id)}");
                break;
            case BtfKind.Struct or BtfKind.Union:
                PrintMembers(types, id, text);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                PrintValues(types, id, text);
                break;
            case BtfKind.Forward:
                text.Append(types.IsForwardUnion(id) ? " fwd_kind=union" : " fwd_kind=struct");
                break;
            case BtfKind.Function:
                text.Append(CultureInfo.InvariantCulture, $" type_id={types.Target(id)} linkage={LinkageName(types, id)}");
                break;
            case BtfKind.Variable:
                text.Append(CultureInfo.InvariantCulture, $" type_id={types.Target(id)}, linkage={LinkageName(types, id)}");
                break;
            case BtfKind.FunctionPrototype:
                var parameters = types.Parameters(id);
                text.Append(CultureInfo.InvariantCulture, $" ret_type_id={types.Target(id)} vlen={parameters.Length}");
                foreach (var p in parameters) text.Append(CultureInfo.InvariantCulture, $"\n\t'{(p.Name.Length == 0 ? "(anon)" : p.Name)}' type_id={p.TypeId}");
                break;
            case BtfKind.DataSection:
                PrintSection(types, id, text);
                break;
            case BtfKind.Float:
                text.Append(CultureInfo.InvariantCulture, $" size={types.SizeOf(id)}");
                break;
            case BtfKind.DeclarationTag:
                text.Append(CultureInfo.InvariantCulture, $" type_id={types.Target(id)} component_idx={types.TaggedComponent(id)}");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $" type_id={types.Target(id)}");
                break;
        }
        text.Append('\n');
    }

    private static void PrintMembers(BtfReader types, int id, StringBuilder text)
    {
        var members = types.Members(id);
        text.Append(CultureInfo.InvariantCulture, $" size={types.SizeOf(id)} vlen={members.Length}");
        foreach (var m in members)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n\t'{(m.Name.Length == 0 ? "(anon)" : m.Name)}' type_id={m.TypeId} bits_offset={m.BitOffset}");
            if (m.BitfieldSize != 0) text.Append(CultureInfo.InvariantCulture, $" bitfield_size={m.BitfieldSize}");
        }
    }

    private static void PrintValues(BtfReader types, int id, StringBuilder text)
    {
        var values = types.EnumValues(id);
        var signed = types.IsSignedEnum(id);
        text.Append(CultureInfo.InvariantCulture, $" encoding={(signed ? "SIGNED" : "UNSIGNED")} size={types.SizeOf(id)} vlen={values.Length}");
        foreach (var v in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n\t'{v.Name}' val=");
            if (signed) text.Append(v.Value);
            else text.Append((ulong)v.Value);
            if (types.Kind(id) == BtfKind.Enum64) text.Append(signed ? "LL" : "ULL");
        }
    }

    private static void PrintSection(BtfReader types, int id, StringBuilder text)
    {
        var variables = types.SectionVariables(id);
        text.Append(CultureInfo.InvariantCulture, $" size={types.SizeOf(id)} vlen={variables.Length}");
        foreach (var v in variables)
            text.Append(CultureInfo.InvariantCulture,
                $"\n\ttype_id={v.VariableId} offset={v.Offset} size={v.Size} ({KindNames[(int)types.Kind(v.VariableId)]} '{types.Name(v.VariableId)}')");
    }

    private static string LinkageName(BtfReader types, int id) =>
        types.Linkage(id) switch { BtfLinkage.Static => "static", BtfLinkage.Global => "global", _ => "extern" };

    private static readonly string[] KindNames =
    [
        "VOID", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF", "VOLATILE", "CONST", "RESTRICT", "FUNC", "FUNC_PROTO",
        "VAR", "DATASEC", "FLOAT", "DECL_TAG", "TYPE_TAG", "ENUM64",
    ];
}
