using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Runtime.Symbols;
namespace Ktap.Runtime.Machine;

/// <summary>
/// Everything that touches the traced machine, and nothing else: files, objects, probes, maps, the ring, a traced command. All
/// arguments and results are data, so that another implementation can stand at the far end of a wire. What fails throws
/// <see cref="Ktap.Compiler.Diagnostics.KtapException"/>. Members may be called from any thread, except that one ring and
/// one loaded object are each used by one thread at a time for draining and unloading.
/// </summary>
public interface IMachine : IDisposable
{
    /// <summary>What the machine's kernel is and has.</summary>
    KernelFeatures Features { get; }

    /// <summary>The folder of tracefs, mounted when it had to be and could be (<c>/sys/kernel/tracing</c>); throws when there is none.</summary>
    string TraceFs { get; }

    /// <summary>The bytes of a file; files under /sys and /proc, whose size says 0, are read to their end.</summary>
    byte[] ReadFile(string path);

    /// <summary>The same without copying where the file can be mapped (the kernel's BTF, an ELF file); valid until the machine is disposed.</summary>
    ReadOnlyMemory<byte> MapFile(string path);

    /// <summary>Whether a file or folder is there.</summary>
    bool Exists(string path);

    /// <summary>Which file a path leads to, through symbolic links; null where none is there.</summary>
    FileIdentity? Identify(string path);

    /// <summary>What an ELF file says about the functions in it; nothing, where it is none. Throws where there is no such file.</summary>
    ElfFunctions ReadFunctions(string path);

    /// <summary>The static markers in an ELF file; none, where it is none. Throws where there is no such file.</summary>
    ElfMarkers ReadMarkers(string path);

    /// <summary>Where an ELF file has its variables and functions, by its own addresses; null where it is none. Throws where there is no such file.</summary>
    IReadOnlyDictionary<string, MemoryPlace>? ReadSymbols(string path);

    /// <summary>The names in a folder, unsorted, without <c>.</c> and <c>..</c>.</summary>
    IReadOnlyList<string> ListDirectory(string path);

    /// <summary>Loads and verifies an object file; throws <see cref="LoadException"/> with the verifier's log when the kernel refuses.</summary>
    LoadedObject Load(ReadOnlySpan<byte> image, LoadOptions options);

    /// <summary>Unloads an object: closes its programs, maps and mappings; links still attached keep running until detached.</summary>
    void Unload(LoadedObject loaded);

    /// <summary>Whether the machine can count an event and interrupt after so many of them (perf_event_open(2)'s type and configuration).</summary>
    bool CanCount(uint type, ulong config, ulong period);

    /// <summary>Attaches a program; a point that means several kernel links (one a CPU) is one <see cref="Link"/>.</summary>
    Link Attach(LoadedProgram program, AttachPoint point);

    /// <summary>Detaches, and waits until the program can't run from there any more as far as the kernel promises it; a second call does nothing.</summary>
    void Detach(Link link);

    /// <summary>How many hits the kernel let pass at an attached point because it could not run the program, as far as it counts them (Linux 6.7).</summary>
    ulong MissesOf(Link link);

    /// <summary>Waits until every program that is running now has ended, wherever it runs; those that start meanwhile are not waited for.</summary>
    void WaitForPrograms();

    /// <summary>Runs a program once by itself (BPF_PROG_TEST_RUN), <paramref name="context"/> being its raw arguments.</summary>
    TestRun RunOnce(LoadedProgram program, ReadOnlySpan<byte> context);

    /// <summary>Makes the kernel count runs and nanoseconds of every program until the result is disposed.</summary>
    IDisposable CountRuns();

    /// <summary>How often a program ran and for how long since it was loaded, while counting was on.</summary>
    ProgramRuns RunsOf(LoadedProgram program);

    /// <summary>Reads one entry; false when the key is not there. A per-CPU map's value is one slot a possible CPU.</summary>
    bool Lookup(LoadedMap map, ReadOnlySpan<byte> key, Span<byte> value);

    /// <summary>Writes one entry; false when <paramref name="mode"/> forbids it because the key is, or is not, there.</summary>
    bool Update(LoadedMap map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, UpdateMode mode = UpdateMode.Any);

    /// <summary>Puts an object the kernel knows by a descriptor (a map into an array of maps, a cgroup into a cgroup array) at a key.</summary>
    void UpdateReference(LoadedMap map, ReadOnlySpan<byte> key, int handle);

    /// <summary>Opens a folder, for <see cref="UpdateReference"/>; the handle is good until the machine is disposed.</summary>
    int OpenFolder(string path);

    /// <summary>Deletes one entry; false when the key was not there.</summary>
    bool Delete(LoadedMap map, ReadOnlySpan<byte> key);

    /// <summary>
    /// Reads one entry of a hash and deletes it, in one step from Linux 5.14 on (before, what is written between the two is lost); false when the key
    /// was not there.
    /// </summary>
    bool Take(LoadedMap map, ReadOnlySpan<byte> key, Span<byte> value);

    /// <summary>Every entry, in the kernel's order; entries that change meanwhile may be in either state.</summary>
    MapEntries ReadAll(LoadedMap map);

    /// <summary>Takes every entry out: each value is returned exactly once and its entry is gone.</summary>
    MapEntries TakeAll(LoadedMap map);

    /// <summary>
    /// Makes the kernel have some entries ready on each CPU for a hash that allocates them as they come, and is empty: it begins with one, and gets more only when
    /// the CPU takes interrupts again, which is too late for a program that needs two.
    /// </summary>
    void Prime(LoadedMap map);

    /// <summary>Deletes every entry of a hash, or zeroes an array.</summary>
    void Clear(LoadedMap map);

    /// <summary>Reads from a mappable array map (.bss, .data) at a byte offset of its whole memory; aligned 8-byte words are read whole, in their order.</summary>
    void ReadMemory(LoadedMap map, int offset, Span<byte> into);

    /// <summary>Writes to a mappable array map at a byte offset; aligned 8-byte words are written whole.</summary>
    void WriteMemory(LoadedMap map, int offset, ReadOnlySpan<byte> from);

    /// <summary>Adds to the aligned 64-bit word at a byte offset of a mappable map, atomically also against programs; returns the new value.</summary>
    long AddMemory(LoadedMap map, int offset, long delta);

    /// <summary>Replaces the aligned 64-bit word at a byte offset of a mappable map, atomically; returns the old value.</summary>
    long ExchangeMemory(LoadedMap map, int offset, long value);

    /// <summary>Replaces the aligned 64-bit word at a byte offset of a mappable map where it is <paramref name="expected"/>, atomically; returns the old value.</summary>
    long CompareExchangeMemory(LoadedMap map, int offset, long expected, long value);

    /// <summary>
    /// Moves records from a ring buffer map to the end of the batch, without allocating: those that are there now, as far as the
    /// batch has room; returns how many. One thread a ring.
    /// </summary>
    int DrainRing(LoadedMap ring, RecordBatch batch);

    /// <summary>How far programs and the reader of a ring have come; what is reserved from now on lies behind it.</summary>
    RingProgress ProgressOf(LoadedMap ring);

    /// <summary>Waits until a program wakes the ring's reader; false after <paramref name="milliseconds"/> (-1: no limit).</summary>
    /// <summary>Waits until a program wakes the ring's reader; false after <paramref name="milliseconds"/> (-1: no limit), or <see cref="WakeRing"/>.</summary>
    bool WaitRing(LoadedMap ring, int milliseconds);

    /// <summary>Ends a <see cref="WaitRing"/> that is going on in another thread, or the next.</summary>
    void WakeRing(LoadedMap ring);

    /// <summary>
    /// Starts a command that stops before its exec until <see cref="Release"/>, in a cgroup of its own where <see cref="Features"/> have cgroup2;
    /// it has the caller's standard streams. Throws when the command can't be found.
    /// </summary>
    Command Prepare(IReadOnlyList<string> arguments);

    /// <summary>Lets the prepared command exec; throws when the kernel refuses to (the command is gone then).</summary>
    void Release(Command command);

    /// <summary>
    /// Lets the prepared command exec, and stops it before its first instruction, so that its memory can be looked at; <see cref="Continue"/> lets it run. Both on one thread.
    /// </summary>
    void ReleaseToStart(Command command);

    /// <summary>Lets a command run that <see cref="ReleaseToStart"/> has stopped.</summary>
    void Continue(Command command);

    /// <summary>The command's exit: null after <paramref name="milliseconds"/> without one (-1: no limit).</summary>
    CommandExit? WaitExit(Command command, int milliseconds);

    /// <summary>Calls back once, from another thread, when the command has exited, also if it was forgotten meanwhile.</summary>
    void NotifyExit(Command command, Action exited);

    /// <summary>Forgets a command: kills it if it was never released or is stopped, removes its cgroup; children that outlive it go on outside.</summary>
    void Forget(Command command);
}
