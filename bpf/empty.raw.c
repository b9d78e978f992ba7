// The floor for raw tracepoints.
#include "raw.h"

SEC("raw_tp/sys_enter") int enter(void *context) { return 0; }
