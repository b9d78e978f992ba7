// s[probename] += 1 and s[arg0] += 1 over syscalls:sys_enter_*: the number stands for the name until it is printed.
#include "formatted.h"

HASH(counts, u32, u64, ENTRIES);

SEC("tracepoint/raw_syscalls/sys_enter") int enter(struct trace_event_raw_sys_enter *context)
{
	u32 number = context->id;
	count(&counts, &number);
	return 0;
}
