// Time in a system call: store the beginning, look it up, delete it, add the difference to a histogram.
#include "raw.h"

struct twin_histogram {
	u64 slots[64];
};

HASH(starts, u32, u64, ENTRIES);
PER_CPU(counts, struct twin_histogram);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	u32 tid = bpf_get_current_task_btf()->pid;
	u64 now = bpf_ktime_get_ns();
	bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	return 0;
}

SEC("raw_tp/sys_exit") int leave(struct bpf_raw_tracepoint_args *context)
{
	if (!left(context))
		return 0;
	u32 tid = bpf_get_current_task_btf()->pid, first = 0;
	u64 *start = bpf_map_lookup_elem(&starts, &tid);
	if (!start)
		return 0;
	u64 took = bpf_ktime_get_ns() - *start;
	bpf_map_delete_elem(&starts, &tid);
	struct twin_histogram *histogram = bpf_map_lookup_elem(&counts, &first);
	if (histogram)
		histogram->slots[bucket(took)]++;
	return 0;
}
