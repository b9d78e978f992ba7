// The floor for a pair of raw tracepoints.
#include "raw.h"

SEC("raw_tp/sys_enter") int enter(void *context) { return 0; }
SEC("raw_tp/sys_exit") int leave(void *context) { return 0; }
