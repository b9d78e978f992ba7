// s[cpu] += 1
#include "formatted.h"

HASH(counts, u32, u64, ENTRIES);

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	u32 cpu = bpf_get_smp_processor_id();
	count(&counts, &cpu);
	return 0;
}
