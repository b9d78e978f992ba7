// Functions and static markers that are called and fire a known number of times: `calls WHAT N` does one thing N times. The notes of the markers are written
// here as <sys/sdt.h> writes them, so that each form of operand is there whatever a compiler chooses.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __clang__
#define FUNCTION __attribute__((noinline))
#else
#define FUNCTION __attribute__((noinline, noclone))
#endif
#define KEEP __asm__ volatile("")

FUNCTION long nine(long a, long b, long c, long d, long e, long f, long g, long h, long i)
{
	KEEP;
	return a + b + c + d + e + f + g + h + i;
}
FUNCTION int negate(int n) { KEEP; return -n; }
FUNCTION const char *greet(const char *name) { KEEP; return name; }
FUNCTION void step_one(void) { KEEP; }
FUNCTION void step_two(void) { KEEP; }
FUNCTION void step_three(void) { KEEP; }
FUNCTION int twice(int n) { KEEP; return n * 2; }
extern int __twice(int) __attribute__((alias("twice")));
FUNCTION void outer(int milliseconds) { usleep(milliseconds * 1000); KEEP; }
FUNCTION int area(int a, int b) __asm__("_ZN5shape4areaEii");
FUNCTION int area(int a, int b) { KEEP; return a * b; }
FUNCTION int volume(int a) __asm__("_ZN5shape6volumeEi");
FUNCTION int volume(int a) { KEEP; return a * a * a; }
static int chosen_one(void) { KEEP; return 1; }
int (*choose(void))(void);
int (*choose(void))(void) { return chosen_one; }
// No kernel probes an instruction that begins with the lock prefix (arch/x86/kernel/uprobes.c).
void locked(void);
__asm__(".globl locked\n.type locked, @function\nlocked: lock incl global(%rip)\nret\n.size locked, .-locked\n");
int chosen(void) __attribute__((ifunc("choose")));

// In a note stand the places of the marker, of a section that everything is measured from, and of the semaphore; then three texts.
#define MARKER(name, semaphore, arguments, ...)                                                                              \
	__asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"      \
			 "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte " semaphore "\n" \
			 ".asciz \"shop\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n994: .balign 4\n.popsection\n"          \
			 ".ifndef _.stapsdt.base\n.pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"          \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.size _.stapsdt.base,1\n"        \
			 ".popsection\n.endif\n" __VA_ARGS__)

__extension__ volatile unsigned short shop_asked_semaphore __attribute__((section(".probes"), used));
volatile int64_t table[4] __attribute__((used)) = { 100, -200, 300, -400 };
void *volatile block;
volatile int global __attribute__((used)) = 7;

FUNCTION static void marks(long n)
{
	for (long i = 0; i < n; i++) {
		volatile int64_t local = -5000000000;
		volatile unsigned char byte = 200;
		MARKER("registers", "0", "-4@%k0 8@%1 -1@%b0 2@%w1", : : "r"((long)-3), "r"(UINT64_MAX - 1));
		MARKER("constants", "0", "4@$5 -8@$-6 -1@$255", :);
		MARKER("memory", "0", "-8@%0 1@%1", : : "m"(local), "m"(byte));
		MARKER("indexed", "0", "-8@(%0,%1,8) -8@8(%0,%1,8)", : : "r"(table), "r"(i % 3));
		MARKER("symbol", "0", "-4@global(%%rip) -8@table+8(%%rip)", :);
		MARKER("bare", "0", "", :);
		// One marker in two places, its argument once in a register and once in memory.
		MARKER("both", "0", "8@%0", : : "r"(i + 1));
		MARKER("both", "0", "8@%0", : : "m"(local));
		MARKER("float", "0", "8f@%%xmm0 -4@$3", :);
		if (shop_asked_semaphore)
			MARKER("asked", "shop_asked_semaphore", "8@%0", : : "r"(i));
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	const char *what = argv[1];
	long n = atol(argv[2]);

	if (!strcmp(what, "nine")) {
		while (n-- > 0)
			nine(n, -2, 3, 4, 5, 6, 7, 8, -9);
	} else if (!strcmp(what, "negate")) {
		for (int i = 0; i < n; i++)
			negate(i);
	} else if (!strcmp(what, "greet")) {
		while (n-- > 0)
			greet("Ada");
	} else if (!strcmp(what, "steps")) { // one N times, two 2 N times, three 3 N times
		for (long i = 0; i < 3 * n; i++) {
			if (i < n)
				step_one();
			if (i < 2 * n)
				step_two();
			step_three();
		}
	} else if (!strcmp(what, "twice")) {
		while (n-- > 0)
			twice(__twice(n));
	} else if (!strcmp(what, "shape")) {
		for (int i = 0; i < n; i++) {
			area(i, 3);
			volume(2);
		}
		usleep(100000); // so that there is time to look at its symbols
	} else if (!strcmp(what, "chosen")) {
		while (n-- > 0)
			chosen();
	} else if (!strcmp(what, "locked")) {
		while (n-- > 0)
			locked();
	} else if (!strcmp(what, "outer")) {
		while (n-- > 0)
			outer(2);
	} else if (!strcmp(what, "malloc")) { // blocks of 1000 bytes, N of them
		while (n-- > 0)
			free(block = malloc(1000));
	} else if (!strcmp(what, "marks")) {
		marks(n);
	} else if (!strcmp(what, "children")) { // N children, each of which runs this program once again
		while (n-- > 0) {
			pid_t child = fork();
			if (child == 0) {
				step_one();
				execl("/proc/self/exe", "calls", "steps", "1", (char *)0);
				_exit(127);
			}
			waitpid(child, 0, 0);
		}
	} else if (!strcmp(what, "orphans")) { // grandchildren whose parents have ended
		while (n-- > 0) {
			pid_t child = fork();
			if (child == 0) {
				if (fork() == 0) {
					usleep(20000);
					step_one();
				}
				_exit(0);
			}
			waitpid(child, 0, 0);
		}
		usleep(200000);
	} else if (!strcmp(what, "wait")) { // says that it is there, calls N functions a line read from standard input
		puts("ready");
		fflush(stdout);
		for (int c; (c = getchar()) != EOF;)
			if (c == '\n') {
				for (long i = 0; i < n; i++)
					step_one();
				puts("done");
				fflush(stdout);
			}
	} else {
		return 2;
	}
	return 0;
}
