// Work of a known amount for the tests of the samples: `work WHAT N [ARGUMENT]` does one thing N times, and not much else.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What watchpoints watch.
static volatile long watched;
static volatile int watched_int[4];

static void __attribute__((noinline)) write_watched(long value) { watched = value; }

static void nothing(int number) { (void)number; }

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	const char *what = argv[1];
	const char *argument = argc > 3 ? argv[3] : "";
	long n = atol(argv[2]);
	static char buffer[4096];

	if (!strcmp(what, "getppid")) {
		while (n-- > 0)
			syscall(SYS_getppid);
	} else if (!strcmp(what, "open")) { // ARGUMENT: the path
		while (n-- > 0) {
			int fd = openat(AT_FDCWD, argument, O_RDONLY);
			if (fd >= 0)
				close(fd);
		}
	} else if (!strcmp(what, "copy")) { // ARGUMENT: the bytes of each read and write
		int in = open("/dev/zero", O_RDONLY), out = open("/dev/null", O_WRONLY);
		size_t size = strtoul(argument, 0, 10);
		while (n-- > 0)
			if (read(in, buffer, size) != (ssize_t)size || write(out, buffer, size) != (ssize_t)size)
				return 1;
	} else if (!strcmp(what, "run")) { // ARGUMENT: the program, which gets the argument "once"
		// On the stack: a fork's child has a page of the program's file only when it first touches it.
		char name[] = "again", once[] = "once";
		while (n-- > 0) {
			pid_t child = fork();
			if (child == 0) {
				execl(argument, name, once, (char *)0);
				_exit(127);
			}
			waitpid(child, 0, 0);
		}
	} else if (!strcmp(what, "exit")) { // children that end with status ARGUMENT
		while (n-- > 0) {
			pid_t child = fork();
			if (child == 0)
				_exit(atoi(argument));
			waitpid(child, 0, 0);
		}
	} else if (!strcmp(what, "signal")) { // SIGUSR1 to itself
		signal(SIGUSR1, nothing);
		while (n-- > 0)
			kill(getpid(), SIGUSR1);
	} else if (!strcmp(what, "udp")) { // datagrams to a loopback port that was free a moment ago, each from an unconnected socket
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t length = sizeof to;
		int probe = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(probe, (struct sockaddr *)&to, sizeof to) || getsockname(probe, (struct sockaddr *)&to, &length))
			return 1;
		close(probe);
		while (n-- > 0)
			if (sendto(from, "x", 1, 0, (struct sockaddr *)&to, sizeof to) != 1)
				return 1;
	} else if (!strcmp(what, "connect")) { // connections to a loopback port that listens
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t length = sizeof to;
		int server = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(server, (struct sockaddr *)&to, sizeof to) || listen(server, 1) || getsockname(server, (struct sockaddr *)&to, &length))
			return 1;
		while (n-- > 0) {
			int client = socket(AF_INET, SOCK_STREAM, 0);
			if (connect(client, (struct sockaddr *)&to, sizeof to))
				return 1;
			close(accept(server, 0, 0));
			close(client);
		}
	} else if (!strcmp(what, "connect6")) { // the same by IPv6
		struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		socklen_t length = sizeof to;
		int server = socket(AF_INET6, SOCK_STREAM, 0);
		if (bind(server, (struct sockaddr *)&to, sizeof to) || listen(server, 1) || getsockname(server, (struct sockaddr *)&to, &length))
			return 1;
		while (n-- > 0) {
			int client = socket(AF_INET6, SOCK_STREAM, 0);
			if (connect(client, (struct sockaddr *)&to, sizeof to))
				return 1;
			close(accept(server, 0, 0));
			close(client);
		}
	} else if (!strcmp(what, "lives")) { // ARGUMENT: the path of a file that is made and removed
		while (n-- > 0)
			if (close(open(argument, O_CREAT | O_WRONLY, 0600)) || unlink(argument))
				return 1;
	} else if (!strcmp(what, "direct")) { // ARGUMENT: the path of a file, of which pages are written to the disk
		void *page = aligned_alloc(4096, 4096);
		int out = open(argument, O_CREAT | O_WRONLY | O_DIRECT, 0600);
		memset(page, 1, 4096);
		while (n-- > 0)
			if (write(out, page, 4096) != 4096)
				return 1;
	} else if (!strcmp(what, "leak")) { // ARGUMENT: the bytes of each block; every second one is given back; ends after a moment in which it can be looked at
		size_t size = strtoul(argument, 0, 10);
		while (n-- > 0) {
			void *block = malloc(size);
			memset(block, 1, size);
			if (n & 1)
				free(block);
		}
		usleep(200000);
	} else if (!strcmp(what, "wait")) { // for a lock, in vain: a millisecond each time
		struct timespec millisecond = { .tv_nsec = 1000000 };
		while (n-- > 0)
			syscall(SYS_futex, &watched_int[0], 0, 0, &millisecond, 0, 0);
	} else if (!strcmp(what, "kill")) { // children that SIGKILL ends
		while (n-- > 0) {
			pid_t child = fork();
			if (child == 0) {
				kill(getpid(), SIGKILL);
				pause();
			}
			waitpid(child, 0, 0);
		}
	} else if (!strcmp(what, "group")) { // becomes the group that it is
		while (n-- > 0)
			if (setgid(getgid()))
				return 1;
	} else if (!strcmp(what, "sleep")) { // leaves the CPU: each sleep is a switch of its own; ARGUMENT: tell how often it left the CPU, also by force
		struct rusage before, after;
		getrusage(RUSAGE_SELF, &before);
		while (n-- > 0)
			usleep(1000);
		getrusage(RUSAGE_SELF, &after);
		if (*argument)
			printf("%ld\n", after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw);
	} else if (!strcmp(what, "touch")) { // pages of 4 KiB, each written for the first time
		char *pages = mmap(0, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(pages, n * 4096, MADV_NOHUGEPAGE);
		for (long i = 0; i < n; i++)
			((volatile char *)pages)[i * 4096] = 1;
	} else if (!strcmp(what, "spin")) { // n milliseconds of CPU time, those left out in which somebody else had the CPU; ARGUMENT: tell how many it is in all
		const long millisecond = CLOCKS_PER_SEC / 1000;
		long ran = 0, last = clock();
		while (ran < n * millisecond) {
			long now = clock();
			if (now - last < millisecond)
				ran += now - last;
			last = now;
		}
		if (*argument)
			printf("%ld\n", last / millisecond);
	} else if (!strcmp(what, "write")) { // a variable, n to 1
		for (; n > 0; n--)
			write_watched(n);
	} else if (!strcmp(what, "read")) { // the same variable
		while (n-- > 0)
			(void)watched;
	} else if (!strcmp(what, "write-int")) { // the third element of an array, -1 to -n
		for (int i = 1; i <= n; i++)
			watched_int[2] = -i;
	} else {
		return 2;
	}
	return 0;
}
