// s[ustack()] += 1: a stack is kept under a hash of its frames, which is what is counted by.
#include "raw.h"

#define FRAMES 127

struct twin_stack {
	u64 pid, frames[FRAMES];
};

HASH(counts, u64, u64, ENTRIES);
PER_CPU(scratch, struct twin_stack);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ENTRIES);
	__type(key, u64);
	__type(value, struct twin_stack);
} stacks SEC(".maps");

SEC("raw_tp/sys_enter") int enter(struct bpf_raw_tracepoint_args *context)
{
	if (!entered(context))
		return 0;
	u32 first = 0;
	struct twin_stack *stack = bpf_map_lookup_elem(&scratch, &first);
	if (!stack)
		return 0;
	long bytes = bpf_get_stack(context, stack->frames, sizeof stack->frames, BPF_F_USER_STACK);
	if (bytes < 0)
		return 0;
	stack->pid = bpf_get_current_task_btf()->tgid;
	u64 hash = stack->pid;
	for (u32 i = 0; i < FRAMES && i < bytes / 8; i++) {
		hash = (hash ^ stack->frames[i]) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	if (!bpf_map_lookup_elem(&stacks, &hash))
		bpf_map_update_elem(&stacks, &hash, stack, BPF_NOEXIST);
	count(&counts, &hash);
	return 0;
}
