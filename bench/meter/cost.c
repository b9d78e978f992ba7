// What programs cost in the kernel, side by side: contestants take turns, each is started, measured and ended in every round.
//
//   meter cost ROUNDS CALLS calls|frames|every NAME FLOOR HOW COMMAND [NAME FLOOR HOW COMMAND]...
//
// The command `-` starts nothing: the calls without a tracer. FLOOR names the contestant whose cost of a run is taken off. `N:NAME`: a
// contestant that takes long to start is measured N times for each start. HOW is as in tracer.c. `every`: the scripts are about every
// system call, so that all runs count; otherwise what the calls of other processes cost is taken off with the floor.
//
// Prints a line for each contestant, with medians over the rounds (and least values): NAME, nanoseconds in the kernel above the floor for
// each call (its least) (the median without sign), nanoseconds that a call takes as a whole, without the kernel's statistics (its least),
// microseconds from start to attached, and from SIGINT to ended. A contestant that doesn't start, or whose floor doesn't, has a `-` for each.
#include "meter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 99
#define CONTESTANTS 16
#define SLICES 9 // of a round's calls, of which the median counts: what else the machine does falls into few of them

struct contestant {
	const char *name, *floor, *how, *command;
	int a_start;						// rounds that one start serves
	double run[ROUNDS], runs_a_call[ROUNDS], wall[ROUNDS];	// ns of one run; their number for a call; ns of one call
	double attached[ROUNDS], ended[ROUNDS];			// us
	int starts;
	bool failed;
};

static uint64_t (*work)(long) = calls;

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// Sorts the values.
static double median(double *values, int count)
{
	qsort(values, count, sizeof *values, ascending);
	return count == 0 ? 0 : count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void sample(struct contestant *it, int round, long n, const struct tracer *tracer)
{
	double slices[SLICES], runs[SLICES];
	n /= SLICES;
	work(n / 9);
	for (int i = 0; i < SLICES; i++)
		slices[i] = (double)work(n) / n;
	it->wall[round] = median(slices, SLICES);
	if (!tracer)
		return;
	statistics(true);
	work(n / 9);
	for (int i = 0; i < SLICES; i++) {
		struct runs before = runs_of(&tracer->programs);
		work(n);
		struct runs after = runs_of(&tracer->programs);
		after.count -= before.count;
		slices[i] = after.count ? (double)(after.ns - before.ns) / after.count : 0;
		runs[i] = (double)after.count / n;
	}
	statistics(false);
	it->run[round] = median(slices, SLICES);
	it->runs_a_call[round] = median(runs, SLICES);
}

static void measure(struct contestant *it, int round, int rounds, long n)
{
	if (!strcmp(it->command, "-")) {
		sample(it, round, n, NULL);
		return;
	}
	static struct tracer tracer;
	if (it->failed || round % it->a_start)
		return;
	start(&tracer, it->command, "/dev/null", 0);
	it->attached[it->starts] = wait_until_attached(&tracer, it->how) / 1e3;
	if (it->attached[it->starts] == 0) {
		it->failed = true;
		return;
	}
	for (int i = round; i < round + it->a_start && i < rounds; i++)
		sample(it, i, n, &tracer);
	it->ended[it->starts++] = end(&tracer, false) / 1e3;
	usleep(20000);
}

static void print(struct contestant *it, int rounds, const double *floor, bool every)
{
	double sizes[ROUNDS];
	if (it->failed) {
		printf("%s - - - - - - -\n", it->name);
		return;
	}
	for (int round = 0; round < rounds; round++) {
		it->run[round] = (it->run[round] - floor[round]) * (every ? 1 : it->runs_a_call[round]);
		sizes[round] = it->run[round] < 0 ? -it->run[round] : it->run[round];
	}
	double run = median(it->run, rounds), wall = median(it->wall, rounds);
	printf("%s %.2f %.2f %.2f %.2f %.2f %.0f %.0f\n", it->name, run, it->run[0], median(sizes, rounds), wall, it->wall[0],
	       median(it->attached, it->starts), median(it->ended, it->starts));
}

int measure_costs(int argc, char **argv)
{
	static struct contestant contestants[CONTESTANTS];
	int rounds = argc > 4 ? atoi(argv[0]) : 0, count = 0;
	long n = argc > 4 ? atol(argv[1]) : 0;
	if (rounds < 1 || rounds > ROUNDS || n < 1 || (argc - 3) % 4 || (argc - 3) / 4 > CONTESTANTS)
		return 2;
	if (!strcmp(argv[2], "frames"))
		work = calls_under_frames;
	bool every = !strcmp(argv[2], "every");
	for (char **at = argv + 3; at < argv + argc; at += 4) {
		char *colon = strchr(at[0], ':');
		contestants[count++] = (struct contestant){
			.name = colon ? colon + 1 : at[0], .floor = at[1], .how = at[2], .command = at[3], .a_start = colon ? atoi(at[0]) : 1
		};
		if (contestants[count - 1].a_start < 1)
			return 2;
	}
	run_on(1, 0);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++)
			measure(&contestants[i], round, rounds, n);

	double floors[CONTESTANTS][ROUNDS] = { 0 };
	for (int i = 0; i < count; i++)
		for (int floor = 0; floor < count; floor++)
			if (!strcmp(contestants[floor].name, contestants[i].floor)) {
				memcpy(floors[i], contestants[floor].run, sizeof floors[i]);
				contestants[i].failed |= contestants[floor].failed;
			}
	for (int i = 0; i < count; i++)
		print(&contestants[i], rounds, floors[i], every);
	return 0;
}
