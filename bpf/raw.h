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

// Sums in front of the hash `counts`, as ktap has them: each processor has places of its own, with the words of a key between a word that says that it is taken and
// what was added. The kernel doesn't run a program within itself on a raw tracepoint, so nobody else writes there. FRONT(words) makes them.
#define PROCESSORS 64
#define PLACE_BITS 11
#define FRONT(words) u64 front[PROCESSORS][1 << PLACE_BITS][words + 2]

static __always_inline bool stands_in(const u64 *place, const u64 *key, u32 words)
{
	u64 difference = place[0] ^ 1;
	for (u32 i = 0; i < words; i++)
		difference |= place[1 + i] ^ key[i];
	return !difference;
}

static __always_inline void count_in_front(void *map, u64 *front, const u64 *key, u32 words)
{
	u64 hash = 0;
	for (u32 i = 0; i < words; i++)
		hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15;
	u64 number = hash >> (64 - PLACE_BITS);
	u64 *row = front + (bpf_get_smp_processor_id() & (PROCESSORS - 1)) * (words + 2) * (1 << PLACE_BITS);
	u64 *first = row + number * (words + 2), *second = row + (number ^ 1) * (words + 2);
	if (stands_in(first, key, words)) {
		first[words + 1]++;
		return;
	}
	if (stands_in(second, key, words)) {
		second[words + 1]++;
		return;
	}
	u64 *place = !first[0] ? first : !second[0] ? second : NULL;
	if (!place || !bpf_map_lookup_elem(map, key)) {
		count(map, key);
		return;
	}
	for (u32 i = 0; i < words; i++)
		place[1 + i] = key[i];
	place[words + 1] = 1;
	place[0] = 1;
}

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
