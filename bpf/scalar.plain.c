// n += 1
#include "formatted.h"

u64 n;

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	__sync_fetch_and_add(&n, 1);
	return 0;
}
