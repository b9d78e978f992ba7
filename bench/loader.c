// loader OBJECT [NUMBER]: loads a twin through libbpf, attaches it, says so, and waits for SIGINT. Then prints what it counted: the sum of
// all numbers in its map `counts`, over all processors, and in its .bss. With NUMBER only what was counted under it: a key of the
// map, or the place in the array that is a processor's value.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int die(const char *what)
{
	fprintf(stderr, "loader: %s: %s\n", what, strerror(errno));
	return 1;
}

static int only_warnings(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static unsigned long long sum_of(const void *bytes, size_t size)
{
	unsigned long long sum = 0;
	for (size_t i = 0; i < size / 8; i++)
		sum += ((const unsigned long long *)bytes)[i];
	return sum;
}

// A per-CPU array's value is one value for each processor, and its only key is 0.
static unsigned long long sum_of_processors(const struct bpf_map *map, long number)
{
	size_t size = (bpf_map__value_size(map) + 7) / 8 * 8, first = number < 0 ? 0 : number * 8;
	int processors = libbpf_num_possible_cpus(), key = 0;
	char *values = malloc(size * processors);
	unsigned long long sum = 0;
	if (bpf_map_lookup_elem(bpf_map__fd(map), &key, values) == 0 && first < size)
		for (int i = 0; i < processors; i++)
			sum += sum_of(values + i * size + first, number < 0 ? size : 8);
	free(values);
	return sum;
}

static unsigned long long sum_of_hash(const struct bpf_map *map, long number)
{
	int fd = bpf_map__fd(map);
	size_t size = bpf_map__value_size(map);
	void *value = malloc(size), *key = calloc(1, bpf_map__key_size(map) + sizeof number);
	unsigned long long sum = 0;
	if (number >= 0) {
		memcpy(key, &number, sizeof number);
		sum = bpf_map_lookup_elem(fd, key, value) ? 0 : sum_of(value, size);
	} else {
		for (void *last = NULL; bpf_map_get_next_key(fd, last, key) == 0; last = key)
			if (bpf_map_lookup_elem(fd, key, value) == 0)
				sum += sum_of(value, size);
	}
	free(value);
	free(key);
	return sum;
}

static unsigned long long sum_of_map(const struct bpf_map *map, long number)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY ? sum_of_processors(map, number) : sum_of_hash(map, number);
}

// Plain reads of the map's descriptor: libbpf's own view of .bss is stale after a load (before 1.5). In front of a hash are places there (bpf/raw.h), of which the last word counts.
static unsigned long long sum_of_bss(const struct bpf_map *map, const struct bpf_map *hash)
{
	size_t size = bpf_map__value_size(map), place = hash ? bpf_map__key_size(hash) + 16 : 8;
	char *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	unsigned long long sum = 0;
	for (size_t at = place - 8; bytes != MAP_FAILED && at < size; at += place)
		sum += sum_of(bytes + at, 8);
	return sum;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		return 2;
	long number = argc > 2 ? atol(argv[2]) : -1;
	libbpf_set_print(only_warnings);
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return die(argv[1]);
	if (bpf_object__load(object))
		return die("load");
	struct bpf_link *links[8];
	int count = 0;
	struct bpf_program *program;
	bpf_object__for_each_program(program, object) {
		links[count] = bpf_program__attach(program);
		if (!links[count])
			return die("attach");
		count++;
	}
	fprintf(stderr, "loader: attached\n");

	int signal;
	sigwait(&signals, &signal);
	while (count > 0)
		bpf_link__destroy(links[--count]);
	struct bpf_map *map, *counts = bpf_object__find_map_by_name(object, "counts"), *bss = NULL;
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss"))
			bss = map;
	printf("%llu\n", (counts ? sum_of_map(counts, number) : 0ULL) + (bss ? sum_of_bss(bss, counts) : 0ULL));
	bpf_object__close(object);
	return 0;
}
