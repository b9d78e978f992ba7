// What the plain twins share: tracepoints through perf, whose context is the record that tracefs describes.
#include "twin.h"

// The place of the highest bit, as everyone does it.
static __always_inline u32 log2_of(u64 n)
{
	u32 high = n >> 32, v = high ? high : n, result = high ? 32 : 0, step;
	step = (v > 0xffff) << 4; v >>= step; result |= step;
	step = (v > 0xff) << 3; v >>= step; result |= step;
	step = (v > 0xf) << 2; v >>= step; result |= step;
	step = (v > 0x3) << 1; v >>= step; result |= step;
	return result | v >> 1;
}

struct twin_histogram {
	u64 slots[64];
};

// Adds to the histogram under a key; a look-up for the histogram, and one slot of it.
static __always_inline void add(void *map, const void *key, const void *zero, u64 n)
{
	struct twin_histogram *found = bpf_map_lookup_elem(map, key);
	if (!found) {
		bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
		found = bpf_map_lookup_elem(map, key);
		if (!found)
			return;
	}
	__sync_fetch_and_add(&found->slots[log2_of(n) & 63], 1);
}
