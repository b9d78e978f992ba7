// One run of a tracer, and everything about it that a row of the bench may want.
//
//   meter session [-a HOW] [-w WORK:N[:RATE]] [-e signal|event] [-o FILE] [-c CPU] COMMAND
//
// HOW as in tracer.c (runs:1). WORK: `calls`, `paced` (RATE a second), `ways` (stacks), `idle` (milliseconds). The work is done on CPU 1; `-c`
// puts the tracer on one CPU as well. Prints NAME=VALUE lines; times are in microseconds: until everything is attached; from the end's
// cause until the process has ended, and until the kernel knows nothing of it any more.
#include "meter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static double do_work(const char *work, long n, long rate)
{
	uint64_t took = 0;
	if (!strcmp(work, "calls"))
		took = calls(n);
	else if (!strcmp(work, "paced"))
		took = paced_calls(n, rate);
	else if (!strcmp(work, "ways"))
		calls_by_ways(n);
	else if (!strcmp(work, "idle"))
		usleep(n * 1000);
	return n ? (double)took / n : 0;
}

int run_session(int argc, char **argv)
{
	const char *how = "runs:1", *output = "/dev/null";
	char work[16] = "";
	long n = 0, rate = 0;
	bool by_event = false;
	int cpu = -1;
	for (int option; (option = getopt(argc, argv, "a:w:e:o:c:")) > 0;)
		switch (option) {
		case 'a': how = optarg; break;
		case 'w': if (sscanf(optarg, "%15[^:]:%ld:%ld", work, &n, &rate) < 2) return 2; break;
		case 'e': by_event = !strcmp(optarg, "event"); break;
		case 'o': output = optarg; break;
		case 'c': cpu = atoi(optarg); break;
		default: return 2;
		}
	if (optind != argc - 1)
		return 2;
	run_on(1, 0);
	static struct tracer tracer;
	start(&tracer, argv[optind], output, cpu);
	uint64_t attached = wait_until_attached(&tracer, how);
	if (!attached)
		return 1;
	uint64_t cpu_before = cpu_ns(tracer.pid), begun = now();
	double a_call = do_work(work, n, rate);
	uint64_t working = now() - begun, cpu_after = cpu_ns(tracer.pid);
	uint64_t resident = memory_kb(tracer.pid, "VmRSS:"), peak = memory_kb(tracer.pid, "VmHWM:"), maps = map_bytes(tracer.pid);
	int programs = tracer.programs.count;
	uint64_t gone = end(&tracer, by_event);
	printf("attached=%.0f\nended=%.0f\ngone=%.0f\nprograms=%d\nlinks=%d\n", attached / 1e3, tracer.ended / 1e3, gone / 1e3, programs, tracer.links.count);
	printf("ns_a_call=%.1f\nworking=%.0f\ncpu=%.0f\n", a_call, working / 1e3, (cpu_after - cpu_before) / 1e3);
	printf("resident_kb=%lu\npeak_kb=%lu\npeak_to_end_kb=%ld\nmap_bytes=%lu\n", resident, peak, tracer.used.ru_maxrss, maps);
	printf("status=%d\n", WIFEXITED(tracer.status) ? WEXITSTATUS(tracer.status) : 128 + WTERMSIG(tracer.status));
	fputs(tracer.said, stderr);
	return 0;
}
