// s[execname, pid] += 1
#include "formatted.h"

struct twin_pair {
	char name[16];
	u32 pid;
};

HASH(counts, struct twin_pair, u64, ENTRIES);

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	struct twin_pair pair = { .pid = bpf_get_current_pid_tgid() >> 32 };
	bpf_get_current_comm(&pair.name, sizeof pair.name);
	count(&counts, &pair);
	return 0;
}
