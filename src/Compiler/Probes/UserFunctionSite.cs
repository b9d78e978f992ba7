using System.Collections.Immutable;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Entries, or returns, of functions of programs and libraries. What is known of their parameters is where the ABI has them: each is an integer.</summary>
internal sealed class UserFunctionSite(
    Target target, string description, ImmutableArray<UserProbePlace> places, bool isReturn, ImmutableArray<FetchArgument> fetch, ProbeOptions options)
    : UserSite(target, description, places, isReturn, options)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. fetch.Select(f => f.Name).OfType<string>(), .. IsReturn ? new[] { "retval" } : []];

    /// <inheritdoc/>
    public override ProbeField? Field(string name)
    {
        for (var i = 0; i < fetch.Length; i++)
            if (fetch[i].Name == name) return Reader.Field(fetch[i], i + 1);
        return IsReturn && name == "ret" ? Fetched("ret", new FetchValue.Result(), 1) : null;
    }

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        if (number == 0) return Address;
        if (!fetch.IsEmpty) return number <= fetch.Length ? Reader.Field(fetch[number - 1], number) : null;
        if (IsReturn) return number == 1 ? Field("ret") : null;
        return Fetched($"arg{number}", new FetchValue.Parameter(number), number);
    }

    // How many parameters a function has isn't known. As in the kernel's own text, what has no type is hexadecimal.
    /// <inheritdoc/>
    protected override ImmutableArray<(ProbeField Field, bool IsHex)> TextFields => !fetch.IsEmpty
        ? fetch.Select((f, i) => (Reader.Field(f, i + 1), f.Type.IsImplied)).ToImmutableArray()
        : IsReturn ? [(Fetched("ret", new FetchValue.Result(), 1), true)] : [];

    private FetchReader Reader => new(this, isUser: true);

    private ProbeField Fetched(string name, FetchValue value, int number) =>
        Reader.Field(new FetchArgument(default, name, value, FetchType.Word(Target.Architecture.WordSize)), number);
}
