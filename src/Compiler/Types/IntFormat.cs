namespace Ktap.Compiler.Types;

/// <summary>How an integer prints where that is not as a signed decimal. Arithmetic drops it; equality of values ignores it.</summary>
public abstract record IntFormat
{
    /// <summary>A kernel address: prints as a symbol, <c>__udp4_lib_rcv+0x1c</c>.</summary>
    public sealed record KernelAddress : IntFormat;

    /// <summary>An address in a traced process: prints as hexadecimal, <c>0x7f…</c>.</summary>
    public sealed record UserAddress : IntFormat;

    /// <summary>An unsigned 64-bit field.</summary>
    public sealed record Unsigned : IntFormat;

    /// <summary>A number that a fetch argument gives the type <c>:x32</c> or its kin: prints as hexadecimal, <c>0xff</c>.</summary>
    public sealed record Hexadecimal : IntFormat;

    /// <summary>A byte that a fetch argument gives the type <c>:char</c>: prints as the character.</summary>
    public sealed record Character : IntFormat;

    /// <summary>An enum of the kernel: values that have a name print as the name. Two are equal that have the same name.</summary>
    public sealed record Enum(string Name, IReadOnlyDictionary<long, string> Names) : IntFormat
    {
        /// <inheritdoc/>
        public bool Equals(Enum? other) => other is not null && Name == other.Name;

        /// <inheritdoc/>
        public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>An average, an extreme or a deviation: a decimal, but no amount that bars of a histogram could share.</summary>
    public sealed record Statistic : IntFormat;

    /// <summary>Nanoseconds since 1970 that print by a format of <c>strftime</c>: text that user space makes, so that handlers can only print it.</summary>
    public sealed record Time(string Format) : IntFormat;

    /// <summary>The one instance of each.</summary>
    public static readonly IntFormat Kernel = new KernelAddress(), User = new UserAddress(), UnsignedInt = new Unsigned(), OfStatistic = new Statistic(), Hex = new Hexadecimal(), Char = new Character();
}
