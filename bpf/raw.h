// What the tuned twins share: raw tracepoints of all system calls, whose number is looked at first.
#include "twin.h"

// The registers as a typed pointer, whose members are plain loads: the verifier makes nothing of the call (Linux 6.2).
extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym;

static __always_inline struct pt_regs *registers(struct bpf_raw_tracepoint_args *context)
{
	return bpf_rdonly_cast((void *)context->args[0], bpf_core_type_id_kernel(struct pt_regs));
}

// Entering: args[1] is the number. Leaving: args[1] is what the call returned, and the registers have the number.
static __always_inline bool entered(struct bpf_raw_tracepoint_args *context) { return context->args[1] == TRACED; }
static __always_inline bool left(struct bpf_raw_tracepoint_args *context) { return registers(context)->orig_ax == TRACED; }

// The bucket of a number: 0 for 0, else one more than the place of its highest bit. Without jumps, since numbers vary.
static __always_inline u32 bucket(u64 n)
{
	u64 step, at = (0 - n) >> 63 | n >> 63;
	step = (0xffffffff - n) >> 63 << 5; n >>= step; at += step;
	step = (0xffff - n) >> 63 << 4; n >>= step; at += step;
	step = (0xff - n) >> 63 << 3; n >>= step; at += step;
	step = (0xf - n) >> 63 << 2; n >>= step; at += step;
	step = (0x3 - n) >> 63 << 1; n >>= step; at += step;
	return (at + (n >> 1)) & 63;
}
