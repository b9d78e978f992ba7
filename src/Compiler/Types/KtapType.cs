using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>
/// What the compiler knows of a value in a handler. The types form a lattice: <see cref="Join"/> is the least type that holds both.
/// Every stored form is a whole number of 8-byte words, so that keys have no padding that could hold garbage.
/// </summary>
public abstract record KtapType
{
    /// <summary>No value at all: the type of a variable that nothing has been assigned to yet (the bottom of the lattice).</summary>
    public sealed record NeverType : KtapType;

    /// <summary>Only nil.</summary>
    public sealed record NilType : KtapType;

    /// <summary>true or false; stored as a word, 1 or 0.</summary>
    public sealed record BoolType : KtapType;

    /// <summary>A signed 64-bit integer, and how it prints.</summary>
    public sealed record IntType(IntFormat? Format) : KtapType;

    /// <summary>
    /// A string without NULs, stored in <paramref name="Capacity"/> bytes (a multiple of 8), of which at least the last is NUL, as is all that
    /// stands behind the string: so a helper that copies up to a NUL finds one, and equal strings are equal words.
    /// </summary>
    public sealed record StringType(int Capacity) : KtapType
    {
        /// <summary>The most bytes that a value can have.</summary>
        public int MaxLength => Capacity - 1;
    }

    /// <summary>A string that is one of a set known when compiling (event names), stored as its index.</summary>
    public sealed record NameType(NameSet Names) : KtapType;

    /// <summary>Several values that are one key.</summary>
    public sealed record TupleType(ImmutableArray<KtapType> Parts) : KtapType
    {
        /// <inheritdoc/>
        public bool Equals(TupleType? other) => other is not null && Parts.SequenceEqual(other.Parts);

        /// <inheritdoc/>
        public override int GetHashCode() => Parts.Aggregate(17, (h, p) => h * 31 + p.GetHashCode());
    }

    /// <summary>A value of <paramref name="Inner"/>, or nil. Never nested; never stored.</summary>
    public sealed record OptionalType(KtapType Inner) : KtapType;

    /// <summary>A table or function whose identity is known when compiling; never stored.</summary>
    public sealed record StaticType : KtapType;

    /// <summary>The event itself, as the old form's parameter <c>e</c>; never stored.</summary>
    public sealed record EventType : KtapType;

    /// <summary>The event as text, made in user space from its record; can only be sent there.</summary>
    public sealed record EventTextType(bool Newline) : KtapType;

    /// <summary>A pointer to C data: to what, and into which memory. A null pointer is its word 0.</summary>
    public sealed record PointerType(CType Pointee, bool IsUser) : KtapType
    {
        /// <summary>Whether it points into memory of the handler itself (<c>ffi.new</c>), which alone can be written.</summary>
        public bool IsOwn { get; init; }

        /// <summary>How many of its kind stand there, where it is an array of known length; else 0.</summary>
        public int Elements { get; init; }
    }

    /// <summary>What samples come to, kept beside the value's own table or variable; handlers only add to it, and never read it.</summary>
    public sealed record AggregateType(AggregatePlan Plan) : KtapType;

    /// <summary>A captured stack, kernel or user, stored as the 64-bit number that the map of stacks has it under.</summary>
    public sealed record StackType : KtapType;

    /// <summary>
    /// Values of different kinds in one variable: booleans, integers, and where <paramref name="StringCapacity"/> is not 0 strings of that capacity.
    /// Stored as a word that tells the kind (<see cref="KindTag"/>), then the value, padded with zeros.
    /// </summary>
    public sealed record AnyType(int StringCapacity) : KtapType
    {
        /// <summary>The size of the value behind the tag, in bytes.</summary>
        public int PayloadSize => Math.Max(8, StringCapacity);
    }

    /// <summary>Kinds that can't be in one variable or table: an error.</summary>
    public sealed record ConflictType : KtapType;

    /// <summary>The bottom.</summary>
    public static readonly KtapType Never = new NeverType();

    /// <summary>nil.</summary>
    public static readonly KtapType Nil = new NilType();

    /// <summary>Booleans.</summary>
    public static readonly KtapType Bool = new BoolType();

    /// <summary>Integers that print as decimals.</summary>
    public static readonly KtapType Int = new IntType(null);

    /// <summary>Tables and functions.</summary>
    public static readonly KtapType Static = new StaticType();

    /// <summary>The event parameter.</summary>
    public static readonly KtapType Event = new EventType();

    /// <summary>Stacks.</summary>
    public static readonly KtapType Stack = new StackType();

    /// <summary>Kinds that can't be mixed.</summary>
    public static readonly KtapType Conflict = new ConflictType();

    /// <summary>The string type that holds <paramref name="bytes"/> bytes and a NUL behind them, rounded up to words.</summary>
    public static StringType String(int bytes) => new(bytes / 8 * 8 + 8);

    /// <summary>This type or nil.</summary>
    public KtapType OrNil => this switch
    {
        NeverType or NilType => Nil,
        OptionalType => this,
        _ => new OptionalType(this),
    };

    /// <summary>This type when it is known not to be nil.</summary>
    public KtapType NotNil => this switch { OptionalType o => o.Inner, NilType => Never, _ => this };

    /// <summary>Whether a value of it may be nil.</summary>
    public bool MayBeNil => this is OptionalType or NilType;

    /// <summary>Whether it is stored as one word and compared as one: integers, booleans, names, pointers, stacks.</summary>
    public bool IsWord => this is IntType or BoolType or NameType or PointerType or StackType;

    /// <summary>The least type that holds every value of both; <see cref="Conflict"/> where there is none.</summary>
    public static KtapType Join(KtapType a, KtapType b)
    {
        if (a == b) return a;
        return (a, b) switch
        {
            (NeverType, _) => b,
            (_, NeverType) => a,
            (NilType, _) => b.OrNil,
            (_, NilType) => a.OrNil,
            (OptionalType x, _) => Join(x.Inner, b.NotNil).OrNil,
            (_, OptionalType y) => Join(a, y.Inner).OrNil,
            // Kept apart: as an integer, or beside one, it would no longer print as the text that it stands for.
            (IntType { Format: IntFormat.Time }, _) or (_, IntType { Format: IntFormat.Time }) => Conflict,
            (IntType, IntType) => Int,
            (PointerType x, PointerType y) when x with { Elements = 0 } == y with { Elements = 0 } => x with { Elements = 0 },
            (PointerType, IntType or PointerType) or (IntType, PointerType) => Int,
            (StringType x, StringType y) => x.Capacity > y.Capacity ? x : y,
            (NameType x, NameType y) => new NameType(x.Names.Union(y.Names)),
            (NameType x, StringType y) => String(Math.Max(x.Names.Longest, y.MaxLength)),
            (StringType x, NameType y) => String(Math.Max(x.MaxLength, y.Names.Longest)),
            (AggregateType x, AggregateType y) when x.Plan.Join(y.Plan) is { } plan => new AggregateType(plan),
            (TupleType x, TupleType y) when x.Parts.Length == y.Parts.Length =>
                new TupleType([.. x.Parts.Select((part, i) => Join(part, y.Parts[i]))]),
            _ => Mixed(a, b),
        };
    }

    private static KtapType Mixed(KtapType a, KtapType b) =>
        StringsIn(a) is { } x && StringsIn(b) is { } y ? new AnyType(Math.Max(x, y)) : Conflict;

    // The capacity of the strings among the values of a type that can be mixed with others; null for one that can't.
    private static int? StringsIn(KtapType type) => type switch
    {
        BoolType or IntType or PointerType => 0,
        StringType s => s.Capacity,
        NameType n => ((StringType)String(n.Names.Longest)).Capacity,
        AnyType a => a.StringCapacity,
        _ => null,
    };

    /// <summary>What <see cref="Describe"/> gives; the derived members would print each other without end.</summary>
    public sealed override string ToString() => Describe();

    /// <summary>What the language calls it, for messages.</summary>
    public string Describe() => this switch
    {
        NeverType or NilType => "nil",
        BoolType => "boolean",
        IntType { Format: IntFormat.Time } => "time as text",
        IntType => "integer",
        StringType or NameType or EventTextType => "string",
        TupleType => "key of several parts",
        OptionalType o => o.Inner.Describe() + " or nil",
        StaticType => "table or function",
        EventType => "event",
        AggregateType => "aggregate",
        PointerType p => $"pointer to {p.Pointee.Text}",
        StackType => "stack",
        AnyType a => a.StringCapacity > 0 ? "boolean, integer or string" : "boolean or integer",
        _ => "value of kinds that can't be mixed",
    };
}

/// <summary>The word that tells the kind of a stored <see cref="KtapType.AnyType"/>.</summary>
public static class KindTag
{
    /// <summary>A boolean.</summary>
    public const long Bool = 1;

    /// <summary>An integer.</summary>
    public const long Int = 2;

    /// <summary>A string.</summary>
    public const long String = 3;
}

/// <summary>A set of strings known when compiling, each with its index. Two sets are equal when they list the same names in the same order.</summary>
public sealed class NameSet : IEquatable<NameSet>
{
    private readonly Dictionary<string, int> _index = [];

    /// <summary>The names, in the order of their indices; duplicates are dropped.</summary>
    public NameSet(IEnumerable<string> names)
    {
        var list = ImmutableArray.CreateBuilder<string>();
        foreach (var name in names)
            if (_index.TryAdd(name, list.Count)) list.Add(name);
        Names = list.ToImmutable();
    }

    /// <summary>The names by index.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The length in bytes of the longest name.</summary>
    public int Longest => Names.Length == 0 ? 0 : Names.Max(System.Text.Encoding.UTF8.GetByteCount);

    /// <summary>The index of a name, or -1.</summary>
    public int IndexOf(string name) => _index.GetValueOrDefault(name, -1);

    /// <summary>This set's names, then those of <paramref name="other"/> that it lacks: this set's indices stay valid.</summary>
    public NameSet Union(NameSet other) => Equals(other) ? this : new NameSet(Names.Concat(other.Names));

    /// <inheritdoc/>
    public bool Equals(NameSet? other) => other is not null && (ReferenceEquals(this, other) || Names.SequenceEqual(other.Names));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NameSet);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Names.Length, Names.Length > 0 ? Names[0] : "", Names.Length > 0 ? Names[^1] : "");
}
