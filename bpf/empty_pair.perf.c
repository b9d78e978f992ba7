// The floor for a pair of tracepoints through perf.
#include "twin.h"

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context) { return 0; }
SEC("tracepoint/syscalls/sys_exit_ioprio_get") int leave(void *context) { return 0; }
