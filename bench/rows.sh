# The table: begun, a row at a time, ended. Rows are lines of JSON until the end.
# shellcheck shell=bash

begin_rows() {
    rows=$(mktemp)
    printf 'ktap %s on Linux %s (%s, %s processors); bpftrace %s and %s; %s\n' "$("$ktap" -V | grep -o '[0-9][0-9.]*[0-9]' | head -n1)" "$(uname -r)" \
        "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)" "$(nproc)" "${bpftrace_version[new]}" "${bpftrace_version[old]}" "$(date -u +%F)"
    awk -v header=1 -v new="${bpftrace_version[new]}" -v old="${bpftrace_version[old]}" -f bench/row.awk </dev/null
}

# row SECTION WHAT UNIT [new=N] [old=N] [plain=N] [tuned=N] [ktap=N] [least=N] [resolution=N] [note=TEXT] TARGET...
# A TARGET is "most N" (of the unit), or "YARDSTICK F": at most F times the value of that name, give or take `resolution`.
row() {
    local section=$1 name=$2 unit=$3
    shift 3
    printf '%s\n' "$@" | awk -v section="$section" -v what="$name" -v unit="$unit" -v rows="$rows" \
        -v new="${bpftrace_version[new]}" -v old="${bpftrace_version[old]}" -f bench/row.awk
}

end_rows() {
    {
        printf '{ "kernel": "%s", "bpftrace_new": "%s", "bpftrace_old": "%s", "quick": %s, "rows": [\n' "$(uname -r)" "${bpftrace_version[new]}" \
            "${bpftrace_version[old]}" "$([ -n "$quick" ] && echo true || echo false)"
        sed '$!s/$/,/' "$rows"
        echo "] }"
    } >bench/results.json
    rm "$rows"
    [ -n "${SECTIONS:-}" ] || awk -f bench/plot.awk bench/results.json >docs/bench.svg
    give_back bench/results.json docs/bench.svg
    local missed
    missed=$(grep -o '"verdict": "FAIL"' bench/results.json | wc -l)
    echo "$(grep -o '"verdict": "pass"' bench/results.json | wc -l) targets met, $missed missed"
    [ "$missed" = 0 ]
}

# The value of NAME in the NAME=VALUE lines that `meter session` printed.
value() { sed -n "s/^$1=//p"; }

# The median of the numbers in the input, a line each, and the least.
median() { sort -n | awk '{ n[NR] = $1 } END { if (NR) print NR % 2 ? n[(NR + 1) / 2] : (n[NR / 2] + n[NR / 2 + 1]) / 2; else print "-" }'; }
least() { sort -n | head -n1; }
