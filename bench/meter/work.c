// The traced work: system calls that look at their arguments and return, so that what is around them shows.
#include "meter.h"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define KEEP __attribute__((noinline))

uint64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000000ull + at.tv_nsec;
}

// ioprio_get(0, who) says EINVAL whatever `who` is. Not through the C library, which has no frame pointers.
static inline void call(long who)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_ioprio_get), "D"(0l), "S"(who) : "rcx", "r11", "memory");
}

// Makes n calls, with 0 to n - 1 as the second argument; gives the time they took.
KEEP uint64_t calls(long n)
{
	uint64_t begun = now();
	for (long i = 0; i < n; i++)
		call(i);
	return now() - begun;
}

static volatile long after; // what is left to do after a call, so that none of them becomes a jump

// The same, with 16 frames above.
KEEP static uint64_t deeper(long n, int frames)
{
	uint64_t took = frames == 0 ? calls(n) : deeper(n, frames - 1);
	after++;
	return took;
}

uint64_t calls_under_frames(long n) { return deeper(n, 16); }

// n calls, so many a second: a batch each tenth of a millisecond. Gives the time that the batches took, without the waits; after a late
// batch the next ones follow at once.
uint64_t paced_calls(long n, long a_second)
{
	const uint64_t batch_ns = 100000;
	long batch = a_second / 10000;
	uint64_t next = now(), busy = 0;
	for (long done = 0; done < n; done += batch) {
		while (now() < next)
			;
		next += batch_ns;
		busy += calls(batch);
	}
	return busy;
}

// Ways down a binary tree of functions: each is a stack of its own.
KEEP static void left(unsigned long way, int depth);
KEEP static void right(unsigned long way, int depth);

KEEP static void step(unsigned long way, int depth)
{
	if (depth == 0)
		call(0);
	else if (way & 1)
		left(way >> 1, depth - 1);
	else
		right(way >> 1, depth - 1);
	after++;
}

KEEP static void left(unsigned long way, int depth) { step(way, depth); after++; }
KEEP static void right(unsigned long way, int depth) { step(way, depth); after += 2; }

// A call from each of so many different stacks, twice.
void calls_by_ways(long ways)
{
	for (long i = 0; i < 2 * ways; i++)
		step(i % ways, 18);
}

// The call on which the scripts of the bench call exit().
void trigger_exit(void) { syscall(SYS_ioprio_set, 99, 0, 0); }
