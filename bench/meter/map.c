// `meter map ENTRIES`: the kernel's memory for a plain hash of integers by integers, in bytes.
#include "meter.h"
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int measure_map(int argc, char **argv)
{
	if (argc != 1)
		return 2;
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 8, .max_entries = atoi(argv[0]) };
	if (syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) < 0)
		die("BPF_MAP_CREATE");
	printf("%lu\n", map_bytes(getpid()));
	return 0;
}
