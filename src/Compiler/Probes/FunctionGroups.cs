using System.Collections.Immutable;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Which kernel functions can share a program: those of which everything that the handler uses is in the same places and of the same types.</summary>
internal static class FunctionGroups
{
    /// <summary>
    /// The groups of some functions. Those that <paramref name="isMulti"/> lets are attached together; others share a program only where it can
    /// tell them apart, by a cookie (Linux 5.15).
    /// </summary>
    public static IEnumerable<FunctionGroup> Split(FunctionGroup all, ImmutableArray<KernelFunction> functions, Func<KernelFunction, bool> isMulti, ProbeRequest request)
    {
        // The text of an event has all of them.
        var isText = request.Use.Text && all is { HasFetchArguments: false, IsTracer: false };
        var usesFunction = Uses(all, request).ToArray();
        var leftOut = all.LeftOut;
        foreach (var part in functions.GroupBy(isMulti).SelectMany(m => m.GroupBy(f => isText ? f.Name : Signature(f, usesFunction, request)).Select(g => (IsMulti: m.Key, Functions: g.ToImmutableArray()))))
        {
            var multi = part.IsMulti && part.Functions.Length > 1;
            var parts = multi || request.Target.Features.PerfCookies ? [part.Functions] : part.Functions.GroupBy(f => f.Name).Select(g => g.ToImmutableArray());
            foreach (var own in parts)
            {
                yield return all with
                {
                    Functions = own,
                    IsMulti = multi,
                    Signature = isText || usesFunction.Length > 0 || own.Length == 1 ? FunctionSignature.Of(own[0].Name, request.Target, request.Options) : null,
                    Description = own.Length == 1 && functions.Length > 1 ? (all.IsReturn ? $"probe:{own[0].Name}%return" : $"probe:{own[0].Name}") : all.Description,
                    LeftOut = leftOut,
                };
                leftOut = [];
            }
        }
    }

    // What of a function's type the handler uses: names and numbers of parameters, "ret" for the result.
    private static IEnumerable<string> Uses(FunctionGroup group, ProbeRequest request)
    {
        var use = request.Use;
        if (group.IsReturn)
        {
            if (use.Fields.Contains("ret") || (!group.HasFetchArguments && !use.Arguments.IsEmpty)) yield return "ret";
            yield break;
        }
        if (group.Offset > 0) yield break;
        foreach (var name in use.Fields.Where(n => group.Fetched.All(f => f.Name != n))) yield return name;
        if (group.HasFetchArguments) yield break;
        foreach (var number in use.Arguments.Where(n => n > 0)) yield return $"{number}";
    }

    private static string Signature(KernelFunction function, string[] uses, ProbeRequest request)
    {
        if (uses.Length == 0) return "";
        if (FunctionSignature.Of(function.Name, request.Target, request.Options) is not { } signature) return "?";
        return string.Join(";", uses.Select(use =>
        {
            if (use == "ret") return signature.TypeOf(signature.Result)?.Describe() + signature.Result.Text;
            var parameter = char.IsAsciiDigit(use[0])
                ? signature.Parameters.ElementAtOrDefault(int.Parse(use, System.Globalization.CultureInfo.InvariantCulture) - 1 - (request.Options.ArgumentBase ?? 0))
                : signature.Parameters.FirstOrDefault(p => p.Name == use);
            // The structs before it decide where it is, so all that comes before counts.
            return parameter is null ? "-" : $"{string.Join(',', signature.Parameters.TakeWhile(p => p != parameter).Select(p => p.Words))}@{parameter.Words}:{parameter.Type}";
        }));
    }
}
