using System.Collections.Immutable;

namespace Ktap.Compiler.Probes;

// Functions and markers of programs and libraries.
public abstract partial record AttachPoint
{
    /// <summary>
    /// Places in a file of user space: of a program for uprobe.multi (<paramref name="IsMulti"/>, Linux 6.6) any number at once, else exactly one. With
    /// <paramref name="IsReturn"/> the program runs when the function that begins there returns.
    /// </summary>
    public sealed record User(string File, ImmutableArray<UserPlace> Places, bool IsReturn, bool IsMulti) : AttachPoint
    {
        /// <summary>The one process whose calls count, or 0.</summary>
        public int Pid { get; init; }

        /// <inheritdoc/>
        public override string Description => Places is [var only] ? $"{only.Name}{(IsReturn ? "%return" : "")} of {File}" : $"{Places.Length} functions of {File}";

        /// <inheritdoc/>
        public override ImmutableArray<AttachPoint> Parts => Places.Length < 2 ? [] :
            [this with { Places = Places[..(Places.Length / 2)] }, this with { Places = Places[(Places.Length / 2)..] }];
    }
}

/// <summary>A place in a file: its offset there, what the program reads as its cookie (0: none; where perf attaches it, Linux 5.15), where the counter is that
/// tells a marker's program that it is traced (0: none), and the name for messages.</summary>
public readonly record struct UserPlace(ulong Offset, ulong Cookie, ulong Semaphore, string Name);
