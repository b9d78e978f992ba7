using System.Collections.Immutable;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// The declarations of the kernel's functions that an object calls: extern functions in section <c>.ksyms</c>, from which libbpf
/// finds each on the kernel that it loads for. It compares kinds of types, not what is in them, so that structs are empty here.
/// </summary>
internal static class KernelFunctions
{
    public static void Declare(BtfWriter btf, ImmutableArray<CFunction> functions)
    {
        var externs = functions.Select(f => new BtfSectionVariable(btf.Function(f.Name, Prototype(btf, f), BtfLinkage.Extern), 0, 0));
        btf.DataSection(".ksyms", 0, externs.ToArray());
    }

    private static int Prototype(BtfWriter btf, CFunction function) =>
        btf.FunctionPrototype(Type(btf, function.Result), function.Parameters.Select((p, i) => new BtfParameter($"a{i}", Type(btf, p))).ToArray());

    private static int Type(BtfWriter btf, CType type) => type switch
    {
        CType.Integer i => btf.Int(i.Name, i.Size, i.IsSigned ? BtfEncoding.Signed : BtfEncoding.None),
        CType.Enumeration e => e.Size == 8 ? btf.Enum64(e.Format.Name, e.IsSigned) : btf.Enum(e.Format.Name, e.Size, e.IsSigned),
        CType.Pointer p => btf.Pointer(Type(btf, p.Target)),
        CType.Aggregate { IsUnion: true } a => btf.Union(a.Name, 0),
        CType.Aggregate a => btf.Struct(a.Name, 0),
        _ => 0,
    };
}
