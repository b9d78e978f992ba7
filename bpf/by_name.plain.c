// s[execname] += 1
#include "formatted.h"

struct twin_name {
	char text[16];
};

HASH(counts, struct twin_name, u64, ENTRIES);

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	struct twin_name name;
	bpf_get_current_comm(&name, sizeof name);
	count(&counts, &name);
	return 0;
}
