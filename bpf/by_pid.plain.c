// s[pid] += 1
#include "formatted.h"

HASH(counts, u32, u64, ENTRIES);

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	count(&counts, &pid);
	return 0;
}
