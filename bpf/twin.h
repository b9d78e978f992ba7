// What the twins share. A twin does in C what a script of the bench does (bench/scripts.sh): NAME.plain.c as the libbpf-tools would write
// it, NAME.tuned.c as well as C can with the attach type and the kinds of map that ktap picks.
// What a twin counted is the sum of all numbers in its map `counts` and in its .bss; bench/loader.c prints it.
#include "vmlinux.h" // of the running kernel, made by bpftool
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

// The system call that the bench makes: it looks at its arguments and returns, and no other program makes it. x86-64's number.
#define TRACED 252 // ioprio_get(which, who)
#define CALLS 512  // no system call of x86-64 has this number or a larger one
#define ENTRIES 10240

#define EEXIST 17
#define BPF_ANY 0
#define BPF_NOEXIST 1

#define HASH(name, key_type, value_type, entries)                                                                                              \
	struct {                                                                                                                               \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                                               \
		__uint(max_entries, entries);                                                                                                  \
		__type(key, key_type);                                                                                                         \
		__type(value, value_type);                                                                                                     \
	} name SEC(".maps")

// One value for each processor, which its programs index in place.
#define PER_CPU(name, value_type)                                                                                                              \
	struct {                                                                                                                               \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                                                                       \
		__uint(max_entries, 1);                                                                                                        \
		__type(key, u32);                                                                                                              \
		__type(value, value_type);                                                                                                     \
	} name SEC(".maps")

// Adds one to a slot of a hash; the first comer inserts it.
static __always_inline void count(void *map, const void *key)
{
	u64 one = 1;
	u64 *slot = bpf_map_lookup_elem(map, key);
	if (!slot) {
		if (bpf_map_update_elem(map, key, &one, BPF_NOEXIST) != -EEXIST)
			return;
		slot = bpf_map_lookup_elem(map, key);
		if (!slot)
			return;
	}
	__sync_fetch_and_add(slot, 1);
}
