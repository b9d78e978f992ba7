// Work that counts its own events by perf_event_open(2), the yardstick of what ktap counts in the same run:
//
//   counted TYPE CONFIG WHAT N     does WHAT N times between two calls of getpgrp, and prints what the kernel counted there
//   counted write N | fork N | wait FIFO
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile long watched;
static volatile int numbers[4];

void __attribute__((noinline)) write_watched(long value) { watched = value; }

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void work(const char *what, long n)
{
	if (!strcmp(what, "touch")) { // pages, each written for the first time
		char *pages = mmap(0, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(pages, n * 4096, MADV_NOHUGEPAGE);
		for (long i = 0; i < n; i++)
			((volatile char *)pages)[i * 4096] = 1;
	} else if (!strcmp(what, "read")) { // the same, written by the kernel
		int zeros = open("/dev/zero", O_RDONLY);
		char *pages = mmap(0, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(pages, n * 4096, MADV_NOHUGEPAGE);
		for (long i = 0; i < n; i++)
			if (read(zeros, pages + i * 4096, 1) != 1)
				exit(1);
	} else if (!strcmp(what, "sleep")) { // leaves the processor
		while (n-- > 0)
			usleep(500);
	} else if (!strcmp(what, "spin")) { // milliseconds of its own time
		for (long long end = now() + n * 1000000; now() < end;)
			;
	}
}

static int count(char **arguments)
{
	struct perf_event_attr event = { .size = sizeof event, .type = strtoul(arguments[0], 0, 0), .config = strtoull(arguments[1], 0, 0), .disabled = 1 };
	int counter = syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
	long long counted;
	if (counter < 0)
		return 3;
	// Once before, so that all pages of code and stack are there.
	work(arguments[2], 1);
	ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
	ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
	syscall(SYS_getpgrp);
	ioctl(counter, PERF_EVENT_IOC_RESET, 0);
	syscall(SYS_getpgrp);
	ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
	work(arguments[2], atol(arguments[3]));
	ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
	syscall(SYS_getpgrp);
	if (read(counter, &counted, sizeof counted) != sizeof counted)
		return 3;
	FILE *report = fopen(arguments[4], "w");
	fprintf(report, "%lld\n", counted);
	return fclose(report);
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;
	if (argc == 6)
		return count(argv + 1);
	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "write")) { // a long, n to 1; an int in an array, -1 to -n
		for (long i = n; i > 0; i--)
			write_watched(i);
		for (int i = 1; i <= n; i++)
			numbers[2] = -i;
		for (long i = 0; i < n; i++)
			(void)watched;
	} else if (!strcmp(argv[1], "fork")) { // the variable, by the process itself and by a child
		for (int child = 0; child < 2; child++) {
			pid_t pid = child ? fork() : 0;
			if (pid)
				waitpid(pid, 0, 0);
			else
				for (long i = n; i > 0; i--)
					write_watched(i);
			if (child && !pid)
				_exit(0);
		}
	} else if (!strcmp(argv[1], "wait")) { // does what each letter says
		int input = open(argv[2], O_RDONLY);
		for (char letter; read(input, &letter, 1) == 1;) {
			if (letter == 'w')
				write_watched(7);
			else if (letter == 'g')
				syscall(SYS_getpgrp);
			else if (letter == 'p')
				prctl(PR_SET_PDEATHSIG, 0);
			else if (letter == 'd')
				dprintf(1, "done\n");
			else if (letter == 'a')
				dprintf(1, "%p\n", (void *)&watched);
		}
	} else {
		return 2;
	}
	return 0;
}
