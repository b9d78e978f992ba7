using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// The keys that handlers can store under, where they are few and known when compiling: a row of them, found by an index. Of names and booleans their type says
/// it; of integers that they are below <paramref name="Limit"/>, of strings that they are among <paramref name="Texts"/>.
/// </summary>
public sealed record KeyDomain(int Limit, ImmutableArray<KString> Texts)
{
    /// <summary>The most keys that are few.</summary>
    public const int MostKeys = 2048;

    /// <summary>No key yet.</summary>
    public static KeyDomain None { get; } = new(0, []);

    /// <summary>The keys of this and those that an expression may give; null where they aren't few and known.</summary>
    public KeyDomain? With(TypedExpression key, ProbeSite site)
    {
        switch (key.Type.NotNil)
        {
            case KtapType.BoolType:
                return this;
            case KtapType.NameType names:
                return With(names.Names.Names.Select(n => new KString(n)));
            case KtapType.StringType when key is TypedConstant { Value.Kind: ValueKind.String } text:
                return With([text.Value.AsString]);
            case KtapType.IntType when LimitOf(key, site) is { } limit and <= MostKeys:
                return this with { Limit = Math.Max(Limit, (int)limit) };
            default:
                return null;
        }
    }

    /// <summary>The keys as values of a type, in the order of their indexes.</summary>
    public ImmutableArray<Value> Of(KtapType type) => type switch
    {
        KtapType.BoolType => [Value.False, Value.True],
        KtapType.NameType names => [.. names.Names.Names.Select(n => Value.String(n))],
        KtapType.StringType => Texts.Select(Value.String).ToImmutableArray(),
        KtapType.IntType i => Sequence.Range(0, Limit).Select(n => Value.Int(n, i.Format)).ToImmutableArray(),
        _ => [],
    };

    private KeyDomain? With(IEnumerable<KString> texts) =>
        Texts.Union(texts).ToImmutableArray() is { Length: <= MostKeys } all ? this with { Texts = all } : null;

    // What an integer is below, where it can't be negative.
    private static long? LimitOf(TypedExpression e, ProbeSite site) => e switch
    {
        TypedConstant { Value: { Kind: ValueKind.Int, AsInt: >= 0 and < MostKeys } value } => value.AsInt + 1,
        TypedKernelCall call => call.Builtin.Kernel!.Limit?.Invoke(site.Target),
        TypedField field => field.Field.Limit,
        TypedBinary { Op: BinaryOp.BitAnd, Right: TypedConstant { Value: { Kind: ValueKind.Int, AsInt: >= 0 } mask } } => mask.AsInt + 1,
        TypedConditional choice => LimitOf(choice.Then, site) is { } then && LimitOf(choice.Else, site) is { } otherwise ? Math.Max(then, otherwise) : null,
        _ => null,
    };
}

/// <summary>
/// What is added to a table or a variable by handlers: by which sites' programs, whether it is always a number above 0 that is known when compiling (so that
/// what was added to isn't 0), and under which keys. Known in the last round of typing.
/// </summary>
public sealed class Additions
{
    private readonly HashSet<ProbeSite> _sites = [];

    /// <summary>The sites.</summary>
    public IReadOnlyCollection<ProbeSite> Sites => _sites;

    /// <summary>Whether only numbers above 0 are added.</summary>
    public bool OnlyGrow { get; private set; } = true;

    /// <summary>The keys, or null where they can be any; of a variable none.</summary>
    public KeyDomain? Keys { get; private set; } = KeyDomain.None;

    /// <summary>An addition of 1, by a sample.</summary>
    internal void Note(ProbeSite site) => _sites.Add(site);

    /// <summary>An addition of a value, for a slot under a key.</summary>
    internal void Note(ProbeSite site, BinaryOp op, TypedExpression value, TypedExpression? key)
    {
        _sites.Add(site);
        OnlyGrow &= op == BinaryOp.Add && value is TypedConstant { Value: { Kind: ValueKind.Int, AsInt: > 0 } };
        if (key is not null) Keys = Keys?.With(key, site);
    }
}
