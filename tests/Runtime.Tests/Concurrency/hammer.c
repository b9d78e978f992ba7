// Two writers on two CPUs that make system calls which handlers count: getpgid(key), for the keys in turn.
//   hammer for MILLISECONDS KEYS FILE     as many as go into the time, or until there is FILE.stop; FILE gets a line "key calls" for each key
//   hammer rounds ROUNDS KEYS REPEAT      ROUNDS times over all keys, each REPEAT times in a row
// The writers are processes named "even" and "odd".
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { writers = 2, most_keys = 16384 };

static struct {
	volatile int ready;
	long calls[writers][most_keys];
} *shared;

static long milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void start(int writer)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(writer % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof set, &set);
	prctl(PR_SET_NAME, writer ? "odd" : "even");
	__sync_fetch_and_add(&shared->ready, 1);
	while (shared->ready < writers)
		;
}

static void call_for(int writer, long time, long keys, const char *stop)
{
	long end = milliseconds() + time, key = 0;
	do {
		for (int i = 0; i < 256; i++) {
			syscall(SYS_getpgid, key);
			shared->calls[writer][key]++;
			key = key + 1 < keys ? key + 1 : 0;
		}
	} while (milliseconds() < end && access(stop, F_OK));
}

static void call_rounds(long rounds, long keys, long repeat)
{
	for (long round = 0; round < rounds; round++)
		for (long key = 0; key < keys; key++)
			for (long i = 0; i < repeat; i++)
				syscall(SYS_getpgid, key);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int timed = !strcmp(argv[1], "for");
	long amount = atol(argv[2]), keys = atol(argv[3]);
	if (keys > most_keys)
		return 2;
	char stop[4096], new[4096];
	snprintf(stop, sizeof stop, "%s.stop", argv[4]);
	snprintf(new, sizeof new, "%s.new", argv[4]);
	shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int writer = 0; writer < writers; writer++) {
		if (fork())
			continue;
		start(writer);
		if (timed)
			call_for(writer, amount, keys, stop);
		else
			call_rounds(amount, keys, atol(argv[4]));
		_exit(0);
	}
	while (wait(0) > 0)
		;
	if (!timed)
		return 0;
	FILE *file = fopen(new, "w");
	for (long key = 0; key < keys; key++)
		fprintf(file, "%ld %ld\n", key, shared->calls[0][key] + shared->calls[1][key]);
	return fclose(file) || rename(new, argv[4]); // whoever waits for it finds it whole
}
