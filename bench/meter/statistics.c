// The kernel's own statistics of programs, by bpf(2).
#include "meter.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr) { return syscall(SYS_bpf, command, attr, sizeof *attr); }

// Counts and times each run from here on, or no longer. Others may have them on too.
void statistics(bool on)
{
	static int fd = -1;
	if (on && fd < 0) {
		union bpf_attr attr = { .enable_stats.type = BPF_STATS_RUN_TIME };
		fd = bpf(BPF_ENABLE_STATS, &attr);
		if (fd < 0)
			die("BPF_ENABLE_STATS");
	} else if (!on && fd >= 0) {
		close(fd);
		fd = -1;
	}
}

// Adds a program's runs; false where there is no such program any more.
bool counts_runs(uint32_t program, struct runs *sum)
{
	union bpf_attr by_id = { .prog_id = program };
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
	if (fd < 0)
		return false;
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = sizeof info, .info = (uintptr_t)&info } };
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		die("BPF_OBJ_GET_INFO_BY_FD");
	close(fd);
	sum->count += info.run_cnt;
	sum->ns += info.run_time_ns;
	sum->programs += info.run_cnt > 0;
	return true;
}

struct runs runs_of(const struct ids *programs)
{
	struct runs sum = { 0 };
	for (int i = 0; i < programs->count; i++)
		counts_runs(programs->of[i], &sum);
	return sum;
}

// The program after this one, or 0.
uint32_t next_program(uint32_t after)
{
	union bpf_attr attr = { .start_id = after };
	return bpf(BPF_PROG_GET_NEXT_ID, &attr) ? 0 : attr.next_id;
}

// Ids are given in order, so what is loaded later has a larger one.
uint32_t newest_program(void)
{
	uint32_t newest = 0;
	for (uint32_t id = next_program(0); id; id = next_program(id))
		newest = id;
	return newest;
}

// Whether the kernel knows no program and no link of the tracer's any more.
bool is_gone(const struct tracer *tracer)
{
	struct runs unused = { 0 };
	for (int i = 0; i < tracer->programs.count; i++)
		if (counts_runs(tracer->programs.of[i], &unused))
			return false;
	for (int i = 0; i < tracer->links.count; i++) {
		union bpf_attr attr = { .link_id = tracer->links.of[i] };
		int fd = bpf(BPF_LINK_GET_FD_BY_ID, &attr);
		if (fd >= 0) {
			close(fd);
			return false;
		}
		if (errno != ENOENT)
			die("BPF_LINK_GET_FD_BY_ID");
	}
	return true;
}
