// Time in a system call: store the beginning, look it up, delete it, add the difference to a histogram.
#include "formatted.h"

HASH(starts, u32, u64, ENTRIES);
HASH(counts, u32, struct twin_histogram, ENTRIES);

static const struct twin_histogram zero;

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();
	bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_ioprio_get") int leave(void *context)
{
	u32 tid = bpf_get_current_pid_tgid(), key = 0;
	u64 *start = bpf_map_lookup_elem(&starts, &tid);
	if (!start)
		return 0;
	u64 took = bpf_ktime_get_ns() - *start;
	bpf_map_delete_elem(&starts, &tid);
	add(&counts, &key, &zero, took);
	return 0;
}
