using System.Globalization;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>The text of a kernel function's spec, read: <c>vfs_read</c>, <c>vfs_*</c>, <c>vfs_read+0x10</c>, <c>vfs_read%return</c>.</summary>
internal sealed record FunctionSpec(LiteralEventSpec Spec, string Name, ulong Offset, bool IsReturn)
{
    /// <summary>Whether several functions can be meant.</summary>
    public bool IsGlob => Glob.IsPattern(Name);

    /// <summary>Reads what stands behind the colon; null where that is no function, which is reported.</summary>
    public static FunctionSpec? Read(LiteralEventSpec spec, bool isReturn, ProbeRequest request)
    {
        const string ReturnMark = "%return";
        var text = spec.Text[(spec.Text.IndexOf(':') + 1)..];
        if (text.EndsWith(ReturnMark, StringComparison.Ordinal)) (text, isReturn) = (text[..^ReturnMark.Length], true);
        ulong offset = 0;
        var plus = text.IndexOf('+');
        if (plus >= 0)
        {
            var number = text.AsSpan(plus + 1);
            var isHex = number.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (!ulong.TryParse(isHex ? number[2..] : number, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out offset)) plus = 0;
            else text = text[..plus];
        }
        if (plus == 0 || text.Length == 0 || text.AsSpan().ContainsAny("%:/ "))
        {
            request.Diagnostics.Add(Errors.MalformedFunction(request.Source, spec.Span, spec.Text));
            return null;
        }
        var read = new FunctionSpec(spec, text, offset, isReturn);
        if (offset == 0 || !(isReturn || read.IsGlob)) return read;
        request.Diagnostics.Add(Errors.OffsetNotHere(request.Source, spec.Span, isReturn ? "the return of a function" : "a pattern of functions"));
        return null;
    }

    /// <summary>The functions that are meant, in the order of their addresses, and those left out of a glob; empty with a report where there is none.</summary>
    public (IReadOnlyList<KernelFunction> Functions, IReadOnlyList<KernelFunction> LeftOut) Find(ProbeRequest request)
    {
        var (target, source, diagnostics) = (request.Target, request.Source, request.Diagnostics);
        IReadOnlyList<KernelFunction> all = IsGlob ? target.FunctionsMatching(Name) : target.Functions(Name);
        var able = all.Where(f => f.Refusal is null).ToArray();
        if (able.Length > 0) return (able, [.. all.Where(f => f.Refusal is not null)]);
        if (all.Count > 0) diagnostics.Add(Errors.FunctionNotProbeable(source, Spec.Span, IsGlob ? $"none of the {all.Count} functions that match '{Name}' can be probed" : $"'{Name}' can't be probed", all[0].Refusal!));
        else diagnostics.Add(Errors.NoSuchFunction(source, Spec.Span, Name, Errors.Nearest(Name.Replace("*", ""), target.FunctionsMatching("*").Select(f => f.Name), 3)));
        return ([], []);
    }
}
