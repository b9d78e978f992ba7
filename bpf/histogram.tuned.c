// h <<< who: a histogram for each processor, indexed in place.
#include "raw.h"

struct twin_histogram {
	u64 slots[64];
};

PER_CPU(counts, struct twin_histogram);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	u32 first = 0;
	struct twin_histogram *histogram = bpf_map_lookup_elem(&counts, &first);
	if (histogram)
		histogram->slots[bucket(registers(context)->si)]++;
	return 0;
}
