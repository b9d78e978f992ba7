// s[pid] += 1
#include "raw.h"

HASH(counts, u64, u64, ENTRIES);
FRONT(1);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	u64 pid = (u32)bpf_get_current_task_btf()->tgid;
	count_in_front(&counts, front[0][0], &pid, 1);
	return 0;
}
