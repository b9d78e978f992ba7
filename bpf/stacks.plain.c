// s[ustack()] += 1
#include "formatted.h"

struct twin_key {
	u32 pid;
	int stack;
};

HASH(counts, struct twin_key, u64, ENTRIES);

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, ENTRIES);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 127 * sizeof(u64));
} stacks SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_ioprio_get") int enter(void *context)
{
	struct twin_key key = { .pid = bpf_get_current_pid_tgid() >> 32 };
	key.stack = bpf_get_stackid(context, &stacks, BPF_F_USER_STACK);
	if (key.stack >= 0)
		count(&counts, &key);
	return 0;
}
