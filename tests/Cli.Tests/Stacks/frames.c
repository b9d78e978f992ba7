// Stacks of a known shape: `frames WHAT N`. To be built with frame pointers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))

// A system call without the C library, which has no frame pointers.
static inline long call(long number)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
	return result;
}

// After each call something is left to do, so that none becomes a jump.
static volatile long sink;

// A function that calls none has no frame, whatever the options.
KEEP static void leaf(void) { __asm__ volatile(""); }

KEEP static void h(void) { sink += call(SYS_getppid); leaf(); }
KEEP static void g(void) { h(); sink++; }
KEEP static void f(void) { g(); sink++; }

// A way through a binary tree of calls: each way down is a stack of its own.
KEEP static void a(unsigned long way, int depth);
KEEP static void b(unsigned long way, int depth);

KEEP static void step(unsigned long way, int depth)
{
	if (depth == 0)
		h();
	else if (way & 1)
		a(way >> 1, depth - 1);
	else
		b(way >> 1, depth - 1);
	sink++;
}

KEEP static void a(unsigned long way, int depth) { step(way, depth); sink++; }
KEEP static void b(unsigned long way, int depth) { step(way, depth); sink += 2; }

// What a just-in-time compiler does: machine code in memory that is no file's, and its name in /tmp/perf-PID.map.
KEEP static void compiled(long n)
{
	// push rbp; mov rbp, rsp; call rdi; nop; pop rbp; ret
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x90, 0x5d, 0xc3 };
	unsigned char *at = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[64];
	memcpy(at + 0x100, code, sizeof code);
	snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
	FILE *map = fopen(path, "w");
	fprintf(map, "%lx 100 other\n%lx %zx jitted::method(int)\nnonsense\n", (unsigned long)at, (unsigned long)at + 0x100, sizeof code);
	fclose(map);
	while (n-- > 0)
		((void (*)(void (*)(void)))(at + 0x100))(h);
	sink++;
}

// N milliseconds of CPU time, nearly all of it in this function, those left out in which somebody else had the CPU; tells how many it is in all.
KEEP static void spin(long n)
{
	const long millisecond = CLOCKS_PER_SEC / 1000;
	long ran = 0, last = clock();
	while (ran < n * millisecond) {
		for (volatile long i = 0; i < 50000; i++)
			;
		long now = clock();
		if (now - last < millisecond)
			ran += now - last;
		last = now;
	}
	printf("%ld\n", last / millisecond);
	sink++;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	long n = atol(argv[2]);
	if (!strcmp(argv[1], "chain")) {
		for (long i = 0; i < n; i++)
			f();
	} else if (!strcmp(argv[1], "ways")) { // N different stacks, each twice
		for (long i = 0; i < 2 * n; i++)
			step(i % n, 18);
	} else if (!strcmp(argv[1], "compiled")) {
		compiled(n);
	} else if (!strcmp(argv[1], "spin")) {
		spin(n);
	} else {
		return 2;
	}
	sleep(1); // the memory map is looked at as soon as the first stack is known; a busy machine takes its time
	return 0;
}
