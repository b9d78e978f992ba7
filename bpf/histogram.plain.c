// h <<< who: one key, whose value is the histogram.
#include "formatted.h"

HASH(counts, u32, struct twin_histogram, ENTRIES);

static const struct twin_histogram zero;

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(struct trace_event_raw_sys_enter *context)
{
	u32 key = 0;
	add(&counts, &key, &zero, context->args[1]);
	return 0;
}
