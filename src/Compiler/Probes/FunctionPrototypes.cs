using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Probes;

/// <summary>What the kernel's BTF says of its functions, as C, for a listing of many: their places are looked up all at once.</summary>
internal sealed class FunctionPrototypes(BtfReader? btf)
{
    private readonly Lazy<Dictionary<string, int>> _ids = new(() =>
    {
        var ids = new Dictionary<string, int>();
        foreach (var id in btf?.FindAll(BtfKind.Function, _ => true) ?? []) ids.TryAdd(btf!.Name(id), id);
        return ids;
    });

    /// <summary>Whether the function is there.</summary>
    public bool Has(string function) => _ids.Value.ContainsKey(function);

    /// <summary>A function's parameters, or its result where its return is meant; nothing where BTF hasn't the function.</summary>
    public string Describe(string function, bool isReturn)
    {
        if (!_ids.Value.TryGetValue(function, out var id)) return "";
        if (isReturn) return btf!.ResultOf(id) == 0 ? "()" : $"({BtfPrinter.Declare(btf, btf.ResultOf(id), "retval")})";
        return Parameters(btf!, btf!.Parameters(id));
    }

    /// <summary>Parameters as C declares them.</summary>
    public static string Parameters(BtfReader btf, IEnumerable<BtfParameter> parameters) =>
        $"({string.Join(", ", parameters.Select(p => p.TypeId == 0 ? "..." : BtfPrinter.Declare(btf, p.TypeId, p.Name).TrimEnd()))})";
}
