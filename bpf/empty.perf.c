// The floor for tracepoints through perf.
#include "twin.h"

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context) { return 0; }
