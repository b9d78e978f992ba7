// What /proc tells about a process.
#include "meter.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

// The number behind a label at the beginning of a line of a file; false where there is none.
static bool number_in(const char *path, const char *label, uint64_t *number)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	char line[512];
	bool found = false;
	while (!found && fgets(line, sizeof line, file))
		if (!strncmp(line, label, strlen(label))) {
			*number = strtoull(line + strlen(label), NULL, 10);
			found = true;
		}
	fclose(file);
	return found;
}

// Calls a function with the path of each file in a folder.
static void for_each_in(const char *folder, void (*each)(const char *path, void *state), void *state)
{
	DIR *entries = opendir(folder);
	if (!entries)
		return;
	for (struct dirent *entry; (entry = readdir(entries));)
		if (entry->d_name[0] != '.') {
			char path[600];
			snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
			each(path, state);
		}
	closedir(entries);
}

static void put(struct ids *ids, uint32_t id)
{
	for (int i = 0; i < ids->count; i++)
		if (ids->of[i] == id)
			return;
	if (ids->count == IDS)
		die("more programs than IDS");
	ids->of[ids->count++] = id;
}

static void look_at_descriptor(const char *path, void *state)
{
	struct tracer *tracer = state;
	uint64_t id;
	if (number_in(path, "prog_id:", &id))
		put(&tracer->programs, id);
	if (number_in(path, "link_id:", &id))
		put(&tracer->links, id);
}

// Takes down the programs and links that the tracer has open; a link names its program.
void held_by(struct tracer *tracer)
{
	char folder[64];
	snprintf(folder, sizeof folder, "/proc/%d/fdinfo", tracer->pid);
	tracer->programs.count = tracer->links.count = 0;
	for_each_in(folder, look_at_descriptor, tracer);
}

struct map_sum {
	struct ids seen;
	uint64_t bytes;
};

static void add_map(const char *path, void *state)
{
	struct map_sum *sum = state;
	uint64_t id, bytes;
	if (!number_in(path, "map_id:", &id) || !number_in(path, "memlock:", &bytes))
		return;
	int before = sum->seen.count;
	put(&sum->seen, id);
	if (sum->seen.count > before)
		sum->bytes += bytes;
}

// The kernel's memory for the maps that a process has open.
uint64_t map_bytes(pid_t pid)
{
	char folder[64];
	snprintf(folder, sizeof folder, "/proc/%d/fdinfo", pid);
	struct map_sum *sum = calloc(1, sizeof *sum);
	for_each_in(folder, add_map, sum);
	uint64_t bytes = sum->bytes;
	free(sum);
	return bytes;
}

// A line of /proc/PID/status in KiB: "VmRSS:", "VmHWM:".
uint64_t memory_kb(pid_t pid, const char *line)
{
	char path[64];
	uint64_t kb = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	number_in(path, line, &kb);
	return kb;
}

static void add_task(const char *path, void *state)
{
	char file[640];
	uint64_t ns;
	snprintf(file, sizeof file, "%s/schedstat", path);
	if (number_in(file, "", &ns))
		*(uint64_t *)state += ns;
}

// The time that all threads of a process have been on a processor.
uint64_t cpu_ns(pid_t pid)
{
	char folder[64];
	uint64_t ns = 0;
	snprintf(folder, sizeof folder, "/proc/%d/task", pid);
	for_each_in(folder, add_task, &ns);
	return ns;
}

// Whether the first thread is in a system call that waits for events, which is where bpftrace is when it has attached everything.
bool waits_for_events(pid_t pid)
{
	char path[64], line[32];
	snprintf(path, sizeof path, "/proc/%d/syscall", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	char *read = fgets(line, sizeof line, file), *rest = line; // a number, or "running"
	fclose(file);
	long number = read ? strtol(line, &rest, 10) : 0;
	return rest != line && (number == SYS_epoll_wait || number == SYS_epoll_pwait || number == SYS_poll || number == SYS_ppoll);
}
