using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

internal static unsafe partial class BpfApi
{
    /// <summary><c>struct bpf_map_batch_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BatchOptions
    {
        internal nuint Size;
        internal ulong ElementFlags;
        internal ulong Flags;
    }

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    internal static partial int MapFd(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__name")]
    internal static partial byte* MapName(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__type")]
    internal static partial int MapType(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__map_flags")]
    internal static partial uint MapFlags(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__key_size")]
    internal static partial uint MapKeySize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__value_size")]
    internal static partial uint MapValueSize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__max_entries")]
    internal static partial uint MapMaxEntries(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem")]
    internal static partial int Lookup(int map, byte* key, byte* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem")]
    internal static partial int Update(int map, byte* key, byte* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem")]
    internal static partial int Delete(int map, byte* key);

    [LibraryImport(Library, EntryPoint = "bpf_map_get_next_key")]
    internal static partial int NextKey(int map, byte* key, byte* next);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_elem")]
    internal static partial int LookupAndDelete(int map, byte* key, byte* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_batch")]
    internal static partial int LookupBatch(int map, byte* from, byte* next, byte* keys, byte* values, uint* count, BatchOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_batch")]
    internal static partial int LookupAndDeleteBatch(int map, byte* from, byte* next, byte* keys, byte* values, uint* count, BatchOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_batch")]
    internal static partial int DeleteBatch(int map, byte* keys, uint* count, BatchOptions* options);
}
