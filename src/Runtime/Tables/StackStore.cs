using System.Runtime.InteropServices;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tables;

/// <summary>The stacks that handlers captured, by the numbers that stand for them in tables, variables and records. Each is read from its map once.</summary>
/// <param name="machine">The machine.</param>
/// <param name="map">The map of stacks, or null where the object captures none.</param>
/// <param name="users">What looks at a process's memory map when a stack of it is first read.</param>
public sealed class StackStore(IMachine machine, LoadedMap? map, UserSymbols users)
{
    private static readonly Value NoKernelFrames = Value.Stack(new StackTrace([], 0)), NoUserFrames = Value.Stack(new StackTrace([], StackTrace.AnyProcess));

    private readonly Dictionary<long, Value> _stacks = new() { [StackLayout.NoKernelFrames] = NoKernelFrames, [StackLayout.NoUserFrames] = NoUserFrames };
    private readonly Dictionary<StackTrace, long> _numbers = new() { [NoKernelFrames.AsStack] = StackLayout.NoKernelFrames, [NoUserFrames.AsStack] = StackLayout.NoUserFrames };

    /// <summary>The stack of a number; nil for one that no handler can have made.</summary>
    public Value this[long number]
    {
        get
        {
            if (_stacks.TryGetValue(number, out var known)) return known;
            if (map is null || Read(number) is not { } stack) return Value.Nil;
            _numbers[stack] = number;
            return _stacks[number] = Value.Stack(stack);
        }
    }

    /// <summary>Looks at the process of a user stack that a handler has just kept, while the process is there.</summary>
    public void Note(long number) => _ = this[number];

    /// <summary>The number of a stack that came from here.</summary>
    public long NumberOf(StackTrace stack) => _numbers[stack];

    private StackTrace? Read(long number)
    {
        Span<byte> entry = stackalloc byte[StackLayout.Size];
        if (!machine.Lookup(map!, MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)), entry)) return null;
        var count = BitConverter.ToInt32(entry[StackLayout.Count..]);
        // Where a user stack ends is a return address of 0.
        var frames = MemoryMarshal.Cast<byte, ulong>(entry[StackLayout.Frames..])[..count].TrimEnd(0UL).ToArray();
        var pid = BitConverter.ToInt32(entry[StackLayout.Process..]);
        return new StackTrace(frames, pid, pid == 0 ? 0 : users.SpaceOf(pid, frames));
    }
}
