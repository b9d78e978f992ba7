// s[execname, pid] += 1
#include "raw.h"

struct twin_pair {
	u64 words[3];
};

HASH(counts, struct twin_pair, u64, ENTRIES);
FRONT(3);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	const u64 *comm = (const u64 *)task->comm;
	struct twin_pair pair = { { comm[0], comm[1], task->tgid } };
	count_in_front(&counts, front[0][0], pair.words, 3);
	return 0;
}
