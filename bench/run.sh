#!/usr/bin/env bash
# Measures ktap as it was built. Each row: what, the fastest and the median of the runs, in milliseconds.
source "$(dirname "$0")/../scripts/common.sh"

runs=${RUNS:-21}

# Wall time of a command from before it starts until it ended.
row() {
    local what=$1 before after n
    shift
    for ((n = 0; n < runs; n++)); do
        before=$EPOCHREALTIME
        "$@" >/dev/null
        after=$EPOCHREALTIME
        echo $((${after/./} - ${before/./}))
    done | sort -n | awk -v what="$what" '{ t[NR] = $1 } END { printf "%-40s %8.1f %8.1f\n", what, t[1] / 1000, t[int((NR + 1) / 2)] / 1000 }'
}

printf '%-40s %8s %8s\n' "" fastest median
row "hello world, start to end" out/ktap -e 'print("hello")'
