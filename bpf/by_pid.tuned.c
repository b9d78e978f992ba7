// s[pid] += 1
#include "raw.h"

HASH(counts, u32, u64, ENTRIES);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	u32 pid = bpf_get_current_task_btf()->tgid;
	count(&counts, &pid);
	return 0;
}
