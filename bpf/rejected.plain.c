// /pid == 1/ { s[execname] += 1 }, on calls of other processes.
#include "formatted.h"

struct twin_name {
	char text[16];
};

HASH(counts, struct twin_name, u64, ENTRIES);

const volatile u32 wanted = 1;

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	if (pid != wanted)
		return 0;
	struct twin_name name;
	bpf_get_current_comm(&name, sizeof name);
	count(&counts, &name);
	return 0;
}
