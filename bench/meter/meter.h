// The bench's measuring tool: what must be precise is done here, in one process that traces nothing itself.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define IDS 4096 // more than the programs, or the links, that one process has here

// Ids of the kernel's objects that a process has open.
struct ids {
	int count;
	uint32_t of[IDS];
};

// A tracer: the process, and what of the kernel's it holds.
struct tracer {
	const char *command;
	pid_t pid;
	uint32_t newest_before; // program in the kernel when it was started
	uint64_t begun;		// when that was; all times are nanoseconds of the monotonic clock
	int messages;		// its stderr
	char said[4096];	// what came from there, as far as there is room
	struct ids programs, links;
	uint64_t ended; // how long its process took to end
	struct rusage used;
	int status;
};

// What the programs of a tracer have done so far, while statistics were on.
struct runs {
	uint64_t count, ns;
	int programs; // those that ran at all
};

uint64_t now(void);
void die(const char *what);
void run_on(int cpu, pid_t pid);

// statistics.c
void statistics(bool on);
bool counts_runs(uint32_t program, struct runs *sum);
struct runs runs_of(const struct ids *programs);
uint32_t newest_program(void);
uint32_t next_program(uint32_t after);
bool is_gone(const struct tracer *tracer);

// process.c
void held_by(struct tracer *tracer);
uint64_t map_bytes(pid_t pid);
uint64_t memory_kb(pid_t pid, const char *line);
uint64_t cpu_ns(pid_t pid);
bool waits_for_events(pid_t pid);

// tracer.c
void start(struct tracer *tracer, const char *command, const char *output, int cpu);
uint64_t wait_until_attached(struct tracer *tracer, const char *how);
uint64_t end(struct tracer *tracer, bool by_event);

// work.c
uint64_t calls(long n);
uint64_t calls_under_frames(long n);
uint64_t paced_calls(long n, long a_second);
void calls_by_ways(long ways);
void trigger_exit(void);

// cost.c, session.c, map.c
int measure_costs(int argc, char **argv);
int run_session(int argc, char **argv);
int measure_map(int argc, char **argv);
