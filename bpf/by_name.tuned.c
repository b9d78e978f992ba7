// s[execname] += 1
#include "raw.h"

struct twin_name {
	u64 words[2];
};

HASH(counts, struct twin_name, u64, ENTRIES);
FRONT(2);

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	// The kernel pads names with zeros, so that two words of it are a key.
	const u64 *comm = (const u64 *)bpf_get_current_task_btf()->comm;
	struct twin_name name = { { comm[0], comm[1] } };
	count_in_front(&counts, front[0][0], name.words, 2);
	return 0;
}
