#!/usr/bin/env bash
# Measures ktap as it was built: one row a claim, the median of several runs against its target, in milliseconds.
# Prints the table and writes it to bench/results.json. Fails where a target is missed.
source "$(dirname "$0")/../scripts/common.sh"

runs=${RUNS:-9}
rows=()
missed=0

# Runs a function as often as asked for, with pauses in which the kernel frees what the last run left; each run says microseconds.
row() {
    local what=$1 target=$2 n samples median verdict=pass
    shift 2
    samples=$(for ((n = 0; n < runs; n++)); do "$@"; sleep 0.1; done | sort -n)
    median=$(awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] / 1000 }' <<<"$samples")
    if awk "BEGIN { exit !($median > $target) }"; then
        verdict=FAIL
        missed=1
    fi
    printf '%-52s %9s %9s  %s\n' "$what" "$median" "$target" "$verdict"
    rows+=("  { \"what\": \"$what\", \"median_ms\": $median, \"target_ms\": $target, \"runs\": $runs, \"pass\": $([ $verdict = pass ] && echo true || echo false) }")
}

# EPOCHREALTIME is bash's own: a subshell for it would take longer than what is measured.

hello() {
    local before after
    before=${EPOCHREALTIME/./}
    out/ktap -e 'print("hello")' >/dev/null
    after=${EPOCHREALTIME/./}
    echo $((after - before))
}

# The script says the time of day when its tick runs, which is 200 ms after everything was attached: what the shell
# saw before and after, less those 200 ms, is the start; from exit() in that tick to the end of the process is the end.
# The tick prints the counts too, as a user's would.
counting() {
    local part=$1 before now after
    before=${EPOCHREALTIME/./}
    now=$(out/ktap -q -e 'trace syscalls:sys_enter_* { s[probename] += 1 } tick-200ms { print_hist(s) print("now", gettimeofday_us()) exit() }' |
        awk '$1 == "now" { print $2 }')
    after=${EPOCHREALTIME/./}
    if [ "$part" = start ]; then echo $((now - before - 200000)); else echo $((after - now)); fi
}

printf '%-52s %9s %9s\n' "" "median ms" "target ms"
row "hello world, start to end" 10 hello
if [ -n "$(why_no_bpf)" ]; then
    say "ktap: the rows that trace are left out: $(why_no_bpf)"
else
    row "all system calls counted by name, start to attached" 100 counting start
    row "all system calls counted by name, exit() to ended" 100 counting end
fi

{
    echo "["
    printf '%s\n' "$(IFS=$'\n'; echo "${rows[*]}" | sed '$!s/$/,/')"
    echo "]"
} >bench/results.json
give_back bench/results.json
exit $missed
