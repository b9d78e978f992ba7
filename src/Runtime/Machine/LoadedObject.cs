using System.Collections.Immutable;

namespace Ktap.Runtime.Machine;

/// <summary>An object in the kernel: its programs and maps by name. Handles mean something to the machine that made them only.</summary>
public sealed record LoadedObject(int Handle, ImmutableArray<LoadedProgram> Programs, ImmutableArray<LoadedMap> Maps)
{
    /// <summary>What the verifier said about the programs, where <see cref="LoadOptions.VerifierLogLevel"/> asked for it; else empty.</summary>
    public string VerifierLog { get; init; } = "";

    /// <summary>The program of that name (the function's name in the object); an unknown name is our bug.</summary>
    public LoadedProgram Program(string name) =>
        Programs.FirstOrDefault(p => p.Name == name) ?? throw new InvalidOperationException($"the object has no program '{name}'");

    /// <summary>The map of that name; an unknown name is our bug.</summary>
    public LoadedMap Map(string name) =>
        FindMap(name) ?? throw new InvalidOperationException($"the object has no map '{name}'");

    /// <summary>The map of that name, or null. The sections .bss, .data and .rodata are maps of these names.</summary>
    public LoadedMap? FindMap(string name) => Maps.FirstOrDefault(m => m.Name == name);
}

/// <summary>A verified program: its handle (locally a descriptor) and the function's name in the object.</summary>
public sealed record LoadedProgram(int ObjectHandle, int Handle, string Name);

/// <summary>
/// A map: its kernel type (<c>enum bpf_map_type</c>), flags and sizes. <paramref name="ValueSize"/> is the size of one value;
/// <see cref="EntrySize"/> what a look-up returns.
/// </summary>
public sealed record LoadedMap(
    int ObjectHandle, int Handle, string Name, int Type, uint Flags, int KeySize, int ValueSize, int MaxEntries, int PossibleCpus)
{
    /// <summary>Whether a value is one slot a possible CPU: PERCPU_HASH 5, PERCPU_ARRAY 6, LRU_PERCPU_HASH 10, PERCPU_CGROUP_STORAGE 21.</summary>
    public bool IsPerCpu => Type is 5 or 6 or 10 or 21;

    /// <summary>Whether every entry is always there, keyed by its index: ARRAY 2, PERF_EVENT_ARRAY 4, PERCPU_ARRAY 6, CGROUP_ARRAY 8, ARRAY_OF_MAPS 12.</summary>
    public bool IsArray => Type is 2 or 4 or 6 or 8 or 12;

    /// <summary>Bytes from one CPU's slot to the next in a per-CPU value: the value's size rounded up to 8.</summary>
    public int SlotSize => (ValueSize + 7) & ~7;

    /// <summary>Bytes of one entry's value in look-ups, updates and batches.</summary>
    public int EntrySize => IsPerCpu ? SlotSize * PossibleCpus : ValueSize;
}

/// <summary>How to load: the object's name for the kernel, and what to see of the verifier (0 nothing unless it fails, 1 the path, 2 all, 4 statistics).</summary>
public sealed record LoadOptions(string Name = "ktap", int VerifierLogLevel = 0)
{
    /// <summary>Programs of the object that are not to be loaded.</summary>
    public ImmutableHashSet<string> Skip { get; init; } = [];
}

/// <summary>What a program returned when run by itself, and the nanoseconds it took.</summary>
public readonly record struct TestRun(uint Result, uint Nanoseconds);

/// <summary>Runs of a program and the nanoseconds they took together; <paramref name="Missed"/> counts runs the kernel suppressed as recursion.</summary>
public readonly record struct ProgramRuns(ulong Count, ulong Nanoseconds, ulong Missed);

/// <summary>When an update may happen; the numbers are the kernel's (BPF_ANY, BPF_NOEXIST, BPF_EXIST).</summary>
public enum UpdateMode
{
    /// <summary>Always.</summary>
    Any,

    /// <summary>Only if the key is not there.</summary>
    NoExist,

    /// <summary>Only if the key is there.</summary>
    Exist,
}

/// <summary>Entries of a map as two packed arrays: entry i has the i-th key of <see cref="KeySize"/> and value of <see cref="ValueSize"/> bytes.</summary>
public sealed record MapEntries(int Count, int KeySize, int ValueSize, ReadOnlyMemory<byte> Keys, ReadOnlyMemory<byte> Values)
{
    /// <summary>The key of entry <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> Key(int index) => Keys.Span.Slice(index * KeySize, KeySize);

    /// <summary>The value of entry <paramref name="index"/>; per-CPU values hold all slots.</summary>
    public ReadOnlySpan<byte> Value(int index) => Values.Span.Slice(index * ValueSize, ValueSize);
}

/// <summary>A program attached to a point; <paramref name="Handle"/> means something to its machine only.</summary>
public sealed record Link(int Handle, string Description);
