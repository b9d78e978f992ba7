#!/usr/bin/env bash
# Measures ktap as it was built against C and bpftrace, side by side: docs/performance.md says what each row means. Prints the table, and
# writes bench/results.json and docs/bench.svg. Fails where a target is missed.
#
#   QUICK=1          fewer rounds and shorter runs, and nothing that takes bpftrace a minute
#   SECTIONS="..."   only these of: kernel life output tables memory compile installed
#   BPFTRACE=PATH    another current bpftrace than Debian unstable's
#   KTAP=PATH        another ktap than out/ktap
source "$(dirname "$0")/../scripts/common.sh"

need_linux
why=$(why_no_bpf)
[ -z "$why" ] || die "$why"
# What is mounted for bpftrace's roots goes with this name space.
[ -n "${BENCH_INSIDE:-}" ] || exec unshare --mount --propagation private env BENCH_INSIDE=1 bench/run.sh

scripts/setup.sh bench
built=out/bench ktap=${KTAP:-out/ktap} quick=${QUICK:+1}
bench/build.sh "$built"
for part in rows scripts bpftrace kernel life output tables memory compile installed; do
    # shellcheck source=/dev/null
    source "bench/$part.sh"
done

find_bpftrace
begin_rows
for section in ${SECTIONS:-kernel life output tables memory compile installed}; do
    "measure_$section"
done
end_rows
