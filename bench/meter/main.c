#include "meter.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	int status = 2;
	if (argc > 1 && !strcmp(argv[1], "cost"))
		status = measure_costs(argc - 2, argv + 2);
	else if (argc > 1 && !strcmp(argv[1], "session"))
		status = run_session(argc - 1, argv + 1);
	else if (argc > 1 && !strcmp(argv[1], "map"))
		status = measure_map(argc - 2, argv + 2);
	if (status == 2)
		fprintf(stderr, "usage: meter cost ..., meter session ..., meter map ENTRIES: see cost.c, session.c and map.c in bench/meter\n");
	return status;
}
