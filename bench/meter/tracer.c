// A tracer's life: started, attached, ended, gone.
#define _GNU_SOURCE
#include "meter.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t Patience = 120000000000ull; // bpftrace takes half a minute to attach hundreds of tracepoints

void die(const char *what)
{
	fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
	exit(1);
}

void run_on(int cpu, pid_t pid)
{
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (cpu >= 0 && sched_setaffinity(pid, sizeof cpus, &cpus))
		die("sched_setaffinity");
}

// Runs a command of the shell with its output in a file; on one processor, or on all (-1).
void start(struct tracer *tracer, const char *command, const char *output, int cpu)
{
	int pipes[2];
	*tracer = (struct tracer){ .command = command };
	if (pipe2(pipes, O_CLOEXEC))
		die("pipe");
	tracer->newest_before = newest_program();
	tracer->begun = now();
	tracer->pid = fork();
	if (tracer->pid < 0)
		die("fork");
	if (tracer->pid == 0) {
		cpu_set_t all;
		memset(&all, 0xff, sizeof all);
		sched_setaffinity(0, sizeof all, &all);
		run_on(cpu, 0);
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
		dup2(pipes[1], 2);
		execl("/bin/sh", "sh", "-c", command, (char *)0);
		_exit(127);
	}
	close(pipes[1]);
	tracer->messages = pipes[0];
	fcntl(tracer->messages, F_SETFL, O_NONBLOCK);
}

// Takes what the tracer has said on stderr; its pipe must not fill.
static void listen_to(struct tracer *tracer)
{
	char more[4096];
	size_t length = strlen(tracer->said);
	for (ssize_t got; (got = read(tracer->messages, more, sizeof more)) > 0;)
		for (ssize_t i = 0; i < got && length < sizeof tracer->said - 1; i++)
			tracer->said[length++] = more[i];
}

// Whether the process has ended; then what it said is passed on.
static bool has_ended(struct tracer *tracer)
{
	if (waitpid(tracer->pid, &tracer->status, WNOHANG) == 0)
		return false;
	listen_to(tracer);
	close(tracer->messages);
	fprintf(stderr, "%smeter: ended before it had attached (status %#x): %s\n", tracer->said, tracer->status, tracer->command);
	return true;
}

// Whether so many programs that were loaded since the start have run and are the tracer's. Each look makes a call for them to see.
static bool have_run(struct tracer *tracer, int wanted)
{
	calls(1);
	int ran = 0;
	for (uint32_t id = next_program(tracer->newest_before); id; id = next_program(id)) {
		struct runs one = { 0 };
		counts_runs(id, &one);
		ran += one.programs;
	}
	if (ran < wanted)
		return false;
	held_by(tracer); // others load programs too
	return runs_of(&tracer->programs).programs >= wanted;
}

// Waits, and says how long it took from the start; 0 where the process ended instead. HOW: `runs:N`, when N programs have run; `says:TEXT`, when stderr has the text;
// `waits`, when it waits for events.
uint64_t wait_until_attached(struct tracer *tracer, const char *how)
{
	bool by_runs = !strncmp(how, "runs:", 5), by_text = !strncmp(how, "says:", 5);
	int waited = 0;
	statistics(by_runs);
	for (bool attached = false; !attached;) {
		usleep(100);
		if (now() - tracer->begun > Patience) {
			errno = ETIMEDOUT;
			die(tracer->command);
		}
		listen_to(tracer);
		if (by_runs) {
			attached = have_run(tracer, atoi(how + 5));
		} else if (by_text) {
			attached = strstr(tracer->said, how + 5);
		} else {
			waited = waits_for_events(tracer->pid) ? waited + 1 : 0;
			attached = waited == 5;
		}
		if (!attached && has_ended(tracer)) {
			statistics(false);
			return 0;
		}
	}
	uint64_t took = now() - tracer->begun;
	statistics(false);
	held_by(tracer);
	return took;
}

// Ends the tracer by SIGINT, or by the event on which its script calls exit(). Gives the time until it has ended and nothing of it is
// left in the kernel.
uint64_t end(struct tracer *tracer, bool by_event)
{
	uint64_t begun = now(), again = begun + 3000000000ull;
	if (by_event)
		trigger_exit();
	else
		kill(tracer->pid, SIGINT);
	while (wait4(tracer->pid, &tracer->status, WNOHANG, &tracer->used) == 0) {
		listen_to(tracer);
		usleep(100);
		if (now() > again && waits_for_events(tracer->pid)) { // bpftrace 0.17 misses a signal now and then
			kill(tracer->pid, SIGINT);
			again += 3000000000ull;
		}
		if (now() - begun > Patience) {
			kill(tracer->pid, SIGKILL);
			errno = ETIMEDOUT;
			die(tracer->command);
		}
	}
	tracer->ended = now() - begun;
	while (!is_gone(tracer))
		usleep(100);
	uint64_t took = now() - begun;
	listen_to(tracer);
	close(tracer->messages);
	return took;
}
