using System.Globalization;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Values;

/// <summary>What a value is, at run time in user space.</summary>
public enum ValueKind : byte
{
    /// <summary>nil.</summary>
    Nil,

    /// <summary>true or false.</summary>
    Bool,

    /// <summary>A signed 64-bit integer.</summary>
    Int,

    /// <summary>A <see cref="KString"/>.</summary>
    String,

    /// <summary>Several values that are one table key; a <see cref="KTuple"/>.</summary>
    Tuple,

    /// <summary>A <see cref="Values.Table"/>.</summary>
    Table,

    /// <summary>A <see cref="KFunction"/>: a closure of the script or a builtin.</summary>
    Function,

    /// <summary>A captured <see cref="StackTrace"/>.</summary>
    Stack,

    /// <summary>What samples come to: an <see cref="Values.Aggregate"/>.</summary>
    Aggregate,
}

/// <summary>One ktap value in user space: 64 bits of integer, or a reference. The default is nil.</summary>
public readonly struct Value : IEquatable<Value>
{
    private readonly object? _object;
    private readonly long _bits;

    private Value(ValueKind kind, long bits, object? obj)
    {
        Kind = kind;
        _bits = bits;
        _object = obj;
    }

    /// <summary>What it is.</summary>
    public ValueKind Kind { get; }

    /// <summary>nil.</summary>
    public static Value Nil => default;

    /// <summary>true.</summary>
    public static Value True { get; } = new(ValueKind.Bool, 1, null);

    /// <summary>false.</summary>
    public static Value False { get; } = new(ValueKind.Bool, 0, null);

    /// <summary>An integer; <paramref name="format"/> says how it prints where that is not as a decimal (an address, an enum).</summary>
    public static Value Int(long value, IntFormat? format = null) => new(ValueKind.Int, value, format);

    /// <summary>A boolean.</summary>
    public static Value Bool(bool value) => value ? True : False;

    /// <summary>A string.</summary>
    public static Value String(KString value) => new(ValueKind.String, 0, value);

    /// <summary>A string given as text (UTF-8).</summary>
    public static Value String(string value) => new(ValueKind.String, 0, new KString(value));

    /// <summary>A multi-part key.</summary>
    public static Value Tuple(KTuple value) => new(ValueKind.Tuple, 0, value);

    /// <summary>A table.</summary>
    public static Value Table(Table value) => new(ValueKind.Table, 0, value);

    /// <summary>A function.</summary>
    public static Value Function(KFunction value) => new(ValueKind.Function, 0, value);

    /// <summary>A stack.</summary>
    public static Value Stack(StackTrace value) => new(ValueKind.Stack, 0, value);

    /// <summary>An aggregate.</summary>
    public static Value Aggregate(Aggregate value) => new(ValueKind.Aggregate, 0, value);

    /// <summary>Whether it is nil.</summary>
    public bool IsNil => Kind == ValueKind.Nil;

    /// <summary>Whether a condition takes it as true: all but nil and false.</summary>
    public bool IsTruthy => Kind switch { ValueKind.Nil => false, ValueKind.Bool => _bits != 0, _ => true };

    /// <summary>The integer; 0 or 1 of a boolean.</summary>
    public long AsInt => _bits;

    /// <summary>How this integer prints, or null for a decimal.</summary>
    public IntFormat? Format => _object as IntFormat;

    /// <summary>The string; only for <see cref="ValueKind.String"/>.</summary>
    public KString AsString => (KString)_object!;

    /// <summary>The parts of a key; only for <see cref="ValueKind.Tuple"/>.</summary>
    public KTuple AsTuple => (KTuple)_object!;

    /// <summary>The table; only for <see cref="ValueKind.Table"/>.</summary>
    public Table AsTable => (Table)_object!;

    /// <summary>The function; only for <see cref="ValueKind.Function"/>.</summary>
    public KFunction AsFunction => (KFunction)_object!;

    /// <summary>The stack; only for <see cref="ValueKind.Stack"/>.</summary>
    public StackTrace AsStack => (StackTrace)_object!;

    /// <summary>The aggregate; only for <see cref="ValueKind.Aggregate"/>.</summary>
    public Aggregate AsAggregate => (Aggregate)_object!;

    /// <summary>What the language calls its kind, for messages: "integer", "string" …</summary>
    public string KindName => Kind switch
    {
        ValueKind.Nil => "nil",
        ValueKind.Bool => "boolean",
        ValueKind.Int => "integer",
        ValueKind.String => "string",
        ValueKind.Tuple => "key of several parts",
        ValueKind.Table => "table",
        ValueKind.Function => "function",
        ValueKind.Aggregate => "aggregate",
        _ => "stack",
    };

    /// <summary>The language's <c>==</c>: same kind and same content; never converts. Tables and functions by identity.</summary>
    public bool Equals(Value other) => Kind == other.Kind && Kind switch
    {
        ValueKind.Nil => true,
        ValueKind.Bool or ValueKind.Int => _bits == other._bits,
        ValueKind.String => AsString.Equals(other.AsString),
        ValueKind.Tuple => AsTuple.Equals(other.AsTuple),
        ValueKind.Stack => AsStack.Equals(other.AsStack),
        ValueKind.Aggregate => AsAggregate.Equals(other.AsAggregate),
        _ => ReferenceEquals(_object, other._object),
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind switch
    {
        ValueKind.Nil => 0,
        ValueKind.Bool or ValueKind.Int => _bits.GetHashCode(),
        _ => _object!.GetHashCode(),
    };

    /// <summary>For debugging; what a user sees is made by the renderer.</summary>
    public override string ToString() => Kind switch
    {
        ValueKind.Nil => "nil",
        ValueKind.Bool => _bits != 0 ? "true" : "false",
        ValueKind.Int => _bits.ToString(CultureInfo.InvariantCulture),
        _ => _object!.ToString()!,
    };

    /// <summary>Equality.</summary>
    public static bool operator ==(Value a, Value b) => a.Equals(b);

    /// <summary>Inequality.</summary>
    public static bool operator !=(Value a, Value b) => !a.Equals(b);
}

/// <summary>The parts of a key <c>t[a, b]</c>, two or more.</summary>
public sealed class KTuple(Value[] parts) : IEquatable<KTuple>
{
    private readonly Value[] _parts = parts;

    /// <summary>The parts, in order.</summary>
    public IReadOnlyList<Value> Parts => _parts;

    /// <inheritdoc/>
    public bool Equals(KTuple? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KTuple);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var part in _parts) hash.Add(part);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _parts);
}

/// <summary>A captured stack: return addresses, innermost first. <paramref name="space"/> is no part of what it is.</summary>
public sealed class StackTrace(ulong[] frames, int userPid, int space = 0) : IEquatable<StackTrace>
{
    /// <summary>What stands for the process of a user stack without frames: it is the same for all.</summary>
    public const int AnyProcess = -1;

    private readonly ulong[] _frames = frames;

    /// <summary>The addresses, innermost first.</summary>
    public IReadOnlyList<ulong> Frames => _frames;

    /// <summary>The process whose user stack it is, or 0 for a kernel stack.</summary>
    public int UserPid => userPid;

    /// <summary>What the runtime knows the process's memory by, as it was when the stack was captured; 0 for nothing.</summary>
    public int Space => space;

    /// <summary>The order of stacks: frame by frame from the innermost, a stack before those that go on beyond it.</summary>
    public int CompareFrames(StackTrace other) => _frames.AsSpan().SequenceCompareTo(other._frames);

    /// <inheritdoc/>
    public bool Equals(StackTrace? other) => other is not null && userPid == other.UserPid && _frames.AsSpan().SequenceEqual(other._frames);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StackTrace);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var frame in _frames) hash.Add(frame);
        return hash.ToHashCode();
    }
}

/// <summary>A function value, opaque here: the evaluator has closures, the builtins are functions too.</summary>
public abstract class KFunction
{
    /// <summary>What messages call it.</summary>
    public abstract string Name { get; }
}
