// /pid == 1/ { s[execname] += 1 }, on calls of other processes.
#include "raw.h"

struct twin_name {
	u64 words[2];
};

HASH(counts, struct twin_name, u64, ENTRIES);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (task->tgid != 1)
		return 0;
	const u64 *comm = (const u64 *)task->comm;
	struct twin_name name = { { comm[0], comm[1] } };
	count(&counts, &name);
	return 0;
}
